//! What an isolate has gathered and hands over.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    Event, Outcome, Subject,
    held_keys::HeldKeys,
    tally::{Tally, increase},
};
use crate::settings::Level;

/// What a batch may have as JSON, in bytes: it is bounded in all its parts, and has far less.
pub const MAX_BYTES: usize = 512 * 1024;

/// How many events a batch tells one by one; all of them are in its sums.
const MAX_EVENTS: usize = 100;

/// Of how many keys a batch tells how many conflicts they had.
const MAX_CONFLICTS: usize = 100;

/// How many characters of an event's detail a batch tells; the log line has all of it.
const MAX_DETAIL: usize = 300;

/// Events since the batch before.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Batch {
    /// Their sums.
    pub tally: Tally,
    /// The first of them, oldest first. Each is written here and read by the dashboard, and nobody between looks into
    /// it.
    pub events: Vec<Box<RawValue>>,
    /// How many more there were.
    pub left_out: u64,
    /// How many requests met a running one, by key.
    pub conflicts: BTreeMap<String, u64>,
    /// Which keys have become held, and which are held no longer.
    #[serde(skip_serializing_if = "HeldKeys::is_empty")]
    pub held: HeldKeys,
}

/// An event as the dashboard lists it.
#[derive(Debug, Serialize)]
struct Seen<'a> {
    /// When it happened.
    at: UnixMillis,
    /// How much it matters.
    level: Level,
    /// As in its log line.
    message: &'a str,
    /// What its log line has beside that and beside whom it is about: a reason, a source, a problem type.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// For events that end a keyed request.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// For events that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// See [`Subject`].
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    /// See [`Subject`].
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
    /// See [`Subject`].
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    /// See [`Subject`].
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
}

impl Batch {
    /// Adds one event.
    pub fn add(&mut self, subject: &Subject<'_>, event: &Event, now: UnixMillis) {
        self.tally.add(subject, event);
        if self.events.len() < MAX_EVENTS
            && let Ok(seen) = to_raw_value(&Seen::of(subject, event, now))
        {
            self.events.push(seen);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
        if let Some(change) = event.record() {
            self.held.add(subject, change, now);
        }
        if let (Event::InProgress { .. }, Some(key)) = (event, subject.idempotency_key) {
            self.add_conflicts(key, 1);
        }
    }

    fn add_conflicts(&mut self, key: &str, count: u64) {
        if self.conflicts.len() < MAX_CONFLICTS || self.conflicts.contains_key(key) {
            increase(&mut self.conflicts, key, count);
        }
    }

    /// Adds all that `other` has, as far as there is room for it.
    pub fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.held.merge(&other.held);
        for (key, count) in &other.conflicts {
            self.add_conflicts(key, *count);
        }
        let room = MAX_EVENTS.saturating_sub(self.events.len());
        let left_out = other.events.len().saturating_sub(room) as u64;
        self.events.extend(other.events.iter().take(room).cloned());
        self.left_out = self
            .left_out
            .saturating_add(other.left_out)
            .saturating_add(left_out);
    }
}

impl<'a> Seen<'a> {
    fn of(subject: &Subject<'a>, event: &'a Event, now: UnixMillis) -> Self {
        let (outcome, duration_ms) = event.outcome().unzip();
        Self {
            at: now,
            level: event.level(),
            message: event.message(),
            detail: event.detail().map(shortened),
            outcome,
            duration_ms: if let Event::Completed { duration_ms, .. } = event {
                Some(*duration_ms)
            } else {
                duration_ms
            },
            operation: subject.operation,
            idempotency_key: subject.idempotency_key,
            caller: subject.caller,
            correlation_id: subject.correlation_id,
        }
    }
}

fn shortened(detail: &str) -> &str {
    let end = detail.char_indices().nth(MAX_DETAIL).map(|(at, _)| at);
    end.and_then(|end| detail.get(..end)).unwrap_or(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than a monitor takes would be lost.
    #[test]
    fn a_batch_has_an_end_whatever_happens_and_however_much_is_merged() {
        let long = "\u{1}".repeat(10_000);
        let [mut added, mut merged] = [Batch::default(), Batch::default()];
        for number in 0..1000 {
            let key = format!("key {number:032}");
            let subject = Subject {
                idempotency_key: Some(&key),
                correlation_id: Some(&key),
                trace_id: Some(&key),
                operation: Some("create_resource"),
                caller: Some(&key),
                scope: Some(&key),
            };
            let broken = Event::Broken {
                reason: long.clone(),
            };
            for event in [
                broken,
                Event::InProgress { duration_ms: 1 },
                Event::Mismatch { duration_ms: 1 },
            ] {
                added.add(&subject, &event, UnixMillis(1));
            }
            if number % 100 == 0 {
                merged.merge(&added);
            }
        }

        for batch in [added, merged] {
            assert_eq!(batch.events.len(), MAX_EVENTS);
            assert_eq!(batch.conflicts.len(), MAX_CONFLICTS);
            assert!(batch.left_out > 2000);
            assert!(serde_json::to_vec(&batch).unwrap().len() < MAX_BYTES);
        }
    }
}
