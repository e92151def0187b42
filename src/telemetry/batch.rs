//! What an isolate has gathered and hands over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{Event, Level, Outcome, Subject, tally::Tally};
use crate::lifecycle::UnixMillis;

/// How many events a batch tells one by one; all of them are in its sums.
const MAX_EVENTS: usize = 100;

/// Of how many keys a batch tells how many conflicts they had.
const MAX_CONFLICTS: usize = 100;

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
        if let (Event::InProgress { .. }, Some(key)) = (event, subject.idempotency_key)
            && (self.conflicts.len() < MAX_CONFLICTS || self.conflicts.contains_key(key))
        {
            let conflicts = self.conflicts.entry(key.to_owned()).or_default();
            *conflicts = conflicts.saturating_add(1);
        }
    }
}

impl Batch {
    /// Adds all that `other` has.
    pub fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        for (key, count) in &other.conflicts {
            let conflicts = self.conflicts.entry(key.clone()).or_default();
            *conflicts = conflicts.saturating_add(*count);
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
            detail: event.detail(),
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
