//! Events, added up. A part of all events and the whole of them are added up alike, and parts make the whole.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Event, Outcome, Subject, histogram::Histogram, records::Records};

/// Of how many callers mismatches are counted: those with most of them.
const MAX_CALLERS: usize = 50;

/// Sums of events.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Tally {
    /// How long keyed requests took, by operation and outcome.
    pub requests: BTreeMap<String, BTreeMap<Outcome, Histogram>>,
    /// How long attempts took that completed, by operation.
    pub operations: BTreeMap<String, Histogram>,
    /// How many replays came from memory, from the object, and from KV.
    pub replays: BTreeMap<String, u64>,
    /// How many protected requests to each upstream ended in each way, by both: `2xx payments`, `timeout mail`, …
    pub upstreams: BTreeMap<String, u64>,
    /// How many attempts followed one that failed, died or timed out.
    pub recovered: u64,
    /// How many records have been deleted at their expiry.
    pub expired: u64,
    /// What there is.
    pub records: Records,
    /// How many mismatches each caller had.
    pub mismatches: BTreeMap<String, u64>,
    /// How long after the request before it with its key a request came.
    pub between_retries: Histogram,
    /// How many requests were the second, the third, … of their key: the last counts all from the eighth on.
    pub repetitions: [u64; 7],
}

impl Tally {
    /// Adds one event.
    pub fn add(&mut self, subject: &Subject<'_>, event: &Event) {
        if let (Some(operation), Some((outcome, duration_ms))) =
            (subject.operation, event.outcome())
        {
            let outcomes = self.requests.entry(operation.to_owned()).or_default();
            outcomes.entry(outcome).or_default().add(duration_ms);
            if let (Outcome::Mismatch, Some(caller)) = (outcome, subject.caller) {
                increase(&mut self.mismatches, caller, 1);
                self.forget_careful_callers();
            }
        }
        match (event, subject.operation) {
            (Event::Completed { duration_ms, .. }, Some(operation)) => {
                let durations = self.operations.entry(operation.to_owned()).or_default();
                durations.add(*duration_ms);
            }
            (Event::Replayed { source, .. }, _) => increase(&mut self.replays, source, 1),
            (Event::Retrying { .. }, _) => self.recovered = self.recovered.saturating_add(1),
            (Event::Expired { .. }, _) => self.expired = self.expired.saturating_add(1),
            _ => {}
        }
        if let Some(change) = event.record() {
            self.records.add(change);
        }
    }

    /// Adds a request to an upstream.
    pub fn add_upstream(&mut self, upstream: &str, end: &str) {
        increase(&mut self.upstreams, &format!("{end} {upstream}"), 1);
    }

    /// Adds a request that was the `ordinal`th of its key, `after_ms` after the one before.
    pub fn add_repetition(&mut self, ordinal: u32, after_ms: u64) {
        self.between_retries.add(after_ms);
        let at = usize::try_from(ordinal.saturating_sub(2)).unwrap_or(usize::MAX);
        let last = self.repetitions.len().saturating_sub(1);
        if let Some(count) = self.repetitions.get_mut(at.min(last)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds all that `other` has added.
    pub fn merge(&mut self, other: &Self) {
        for (operation, outcomes) in &other.requests {
            let ours = self.requests.entry(operation.clone()).or_default();
            for (outcome, durations) in outcomes {
                ours.entry(*outcome).or_default().merge(durations);
            }
        }
        for (operation, durations) in &other.operations {
            let ours = self.operations.entry(operation.clone()).or_default();
            ours.merge(durations);
        }
        for (source, count) in &other.replays {
            increase(&mut self.replays, source, *count);
        }
        for (end, count) in &other.upstreams {
            increase(&mut self.upstreams, end, *count);
        }
        for (caller, count) in &other.mismatches {
            increase(&mut self.mismatches, caller, *count);
        }
        self.forget_careful_callers();
        self.recovered = self.recovered.saturating_add(other.recovered);
        self.expired = self.expired.saturating_add(other.expired);
        self.records.merge(&other.records);
        self.between_retries.merge(&other.between_retries);
        for (count, more) in self.repetitions.iter_mut().zip(other.repetitions) {
            *count = count.saturating_add(more);
        }
    }

    /// Forgets records that have expired by `now`.
    pub fn forget_expired(&mut self, now: UnixMillis) {
        self.records.forget_expired(now);
    }

    /// Forgets callers with few mismatches, where there are many callers.
    fn forget_careful_callers(&mut self) {
        if self.mismatches.len() > MAX_CALLERS.saturating_mul(2) {
            while self.mismatches.len() > MAX_CALLERS {
                let fewest = self.mismatches.iter().min_by_key(|(_, count)| **count);
                let caller = fewest.map(|(caller, _)| caller.clone());
                self.mismatches.remove(&caller.unwrap_or_default());
            }
        }
    }

    /// How many keyed requests had this outcome.
    #[must_use]
    pub fn with_outcome(&self, outcome: Outcome) -> u64 {
        let counts = self
            .requests
            .values()
            .filter_map(|outcomes| outcomes.get(&outcome));
        counts.fold(0, |sum, durations| sum.saturating_add(durations.count()))
    }

    /// How many keyed requests there were.
    #[must_use]
    pub fn all_requests(&self) -> u64 {
        let counts = self.requests.values().flat_map(BTreeMap::values);
        counts.fold(0, |sum, durations| sum.saturating_add(durations.count()))
    }
}

/// Counts `by` more under `name`.
pub fn increase(counts: &mut BTreeMap<String, u64>, name: &str, by: u64) {
    if let Some(count) = counts.get_mut(name) {
        *count = count.saturating_add(by);
    } else {
        counts.insert(name.to_owned(), by);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::problem_type::ProblemType;

    fn event() -> impl Strategy<Value = Event> {
        let duration_ms = 0..20_000_u64;
        prop_oneof![
            duration_ms
                .clone()
                .prop_map(|duration_ms| Event::Executed { duration_ms }),
            duration_ms.clone().prop_map(|duration_ms| Event::Replayed {
                source: "memory",
                duration_ms
            }),
            duration_ms
                .clone()
                .prop_map(|duration_ms| Event::Mismatch { duration_ms }),
            duration_ms
                .clone()
                .prop_map(|duration_ms| Event::Completed {
                    attempt: 1,
                    duration_ms,
                    record: super::super::Move::default()
                }),
            duration_ms.prop_map(|duration_ms| Event::Refused {
                problem: ProblemType::KeyMissing,
                status: 400,
                duration_ms
            }),
            Just(Event::Retrying {
                attempt: 2,
                record: super::super::Move::default()
            }),
        ]
    }

    proptest! {
        #[test]
        fn parts_make_the_whole_and_survive_being_written(events in vec((event(), 0..3_u8), 0..40), cut in 0..40_usize) {
            let of = |events: &[(Event, u8)]| {
                let mut tally = Tally::default();
                for (event, caller) in events {
                    let caller = format!("caller {caller}");
                    let subject = Subject { operation: Some("create_resource"), caller: Some(&caller), ..Subject::NONE };
                    tally.add(&subject, event);
                }
                tally
            };
            let (first, second) = events.split_at(cut.min(events.len()));

            let mut merged = of(first);
            merged.merge(&of(second));
            let written = serde_json::to_vec(&merged).unwrap();

            prop_assert_eq!(&merged, &of(&events));
            prop_assert_eq!(serde_json::from_slice::<Tally>(&written).unwrap(), merged);
            let ended = events.iter().filter(|(event, _)| event.outcome().is_some()).count();
            prop_assert_eq!(of(&events).all_requests(), ended as u64);
        }
    }

    #[test]
    fn callers_with_few_mismatches_are_forgotten_when_there_are_many() {
        let [mut added, mut merged] = [Tally::default(), Tally::default()];
        let mismatch = |tally: &mut Tally, caller: &str| {
            let subject = Subject {
                operation: Some("create_resource"),
                caller: Some(caller),
                ..Subject::NONE
            };
            tally.add(&subject, &Event::Mismatch { duration_ms: 1 });
        };
        (0..7).for_each(|_| mismatch(&mut added, "careless"));

        for caller in 0..=MAX_CALLERS * 9 {
            mismatch(&mut added, &format!("caller {caller}"));
            merged.merge(&added);
            for tally in [&added, &merged] {
                assert!(tally.mismatches.len() <= MAX_CALLERS * 2);
            }
        }

        assert_eq!(added.mismatches["careless"], 7);
        assert!(merged.mismatches["careless"] > 7);
    }
}
