//! The recent past: what the rules look at.

use std::collections::{BTreeMap, VecDeque};

use idempotency_core::lifecycle::UnixMillis;

use crate::telemetry::{Batch, Histogram, Outcome, increase};

/// Into how many parts the window is divided. What came in one part is forgotten together: more parts would be more
/// exact at the window's end, and take more memory.
const PARTS: u64 = 60;

/// Of how many keys conflicts are counted at a time. Further keys are left out until some of these have had none for a
/// whole window.
const MAX_KEYS: usize = 1000;

/// What came within the window, added up in parts and as a whole: whatever the window's length, a batch is added to
/// one part, and a part is taken off once.
#[derive(Debug, Default)]
pub struct Window {
    /// Oldest first, each with the time at which it ends.
    parts: VecDeque<(UnixMillis, Sums)>,
    whole: Sums,
}

/// What the rules look at, added up.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// How many keyed requests there were.
    pub requests: u64,
    /// How many of them had the key of another request.
    pub mismatches: u64,
    /// How many of them failed, have an outcome that nobody knows, or found nobody to answer.
    pub failures: u64,
    /// How long attempts took that completed, by operation.
    pub operations: BTreeMap<String, Histogram>,
    /// How many requests met a running one, by key.
    pub conflicts: BTreeMap<String, u64>,
}

impl Window {
    /// Adds what came at `now` to a window of `length_ms`.
    pub fn add(&mut self, batch: &Batch, length_ms: u64, now: UnixMillis) {
        if self.parts.back().is_none_or(|(until, _)| *until <= now) {
            let until = now.plus_ms((length_ms / PARTS).max(1));
            self.parts.push_back((until, Sums::default()));
        }
        let Some((_, part)) = self.parts.back_mut() else {
            return;
        };
        let whole = &mut self.whole;
        for sums in [&mut *part, &mut *whole] {
            sums.add(batch);
        }
        for (key, count) in &batch.conflicts {
            if whole.conflicts.len() < MAX_KEYS || whole.conflicts.contains_key(key) {
                for sums in [&mut *part, &mut *whole] {
                    increase(&mut sums.conflicts, key, *count);
                }
            }
        }
    }

    /// Forgets what came more than `length_ms` before `now`.
    pub fn forget(&mut self, length_ms: u64, now: UnixMillis) {
        while let Some((until, _)) = self.parts.front()
            && until.plus_ms(length_ms) <= now
        {
            if let Some((_, part)) = self.parts.pop_front() {
                self.whole.take_off(&part);
            }
        }
    }

    /// All that is left.
    #[must_use]
    pub const fn sums(&self) -> &Sums {
        &self.whole
    }
}

impl Sums {
    /// Adds all but the conflicts.
    fn add(&mut self, batch: &Batch) {
        let of = |outcome| batch.tally.with_outcome(outcome);
        let failures = [Outcome::Failed, Outcome::Ambiguous, Outcome::Unavailable];
        let failures = failures.map(of).into_iter().fold(0, u64::saturating_add);
        self.requests = self.requests.saturating_add(batch.tally.all_requests());
        self.mismatches = self.mismatches.saturating_add(of(Outcome::Mismatch));
        self.failures = self.failures.saturating_add(failures);
        for (operation, durations) in &batch.tally.operations {
            let ours = self.operations.entry(operation.clone()).or_default();
            ours.merge(durations);
        }
    }

    /// Takes off what was added before. An operation stays, of which there may be no attempts left.
    fn take_off(&mut self, less: &Self) {
        self.requests = self.requests.saturating_sub(less.requests);
        self.mismatches = self.mismatches.saturating_sub(less.mismatches);
        self.failures = self.failures.saturating_sub(less.failures);
        for (operation, durations) in &less.operations {
            if let Some(ours) = self.operations.get_mut(operation) {
                ours.take_off(durations);
            }
        }
        for (key, count) in &less.conflicts {
            let ours = self.conflicts.get_mut(key).map(|ours| {
                *ours = ours.saturating_sub(*count);
                *ours
            });
            if ours == Some(0) {
                self.conflicts.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::telemetry::{Event, Move, Subject};

    const LENGTH_MS: u64 = 60_000;

    /// Requests of one key, and how long after the ones before they come.
    fn arrivals() -> impl Strategy<Value = Vec<(u64, Batch)>> {
        let batch = (vec(0..4_u8, 0..5), 0..3_u8);
        let batch = batch.prop_map(|(kinds, key)| batch_of(&kinds, &format!("key {key}")));
        vec((0..20_000_u64, batch), 0..60)
    }

    proptest! {
        #[test]
        fn the_whole_is_what_the_parts_are_and_all_of_it_is_forgotten(arrivals in arrivals()) {
            let mut window = Window::default();
            let mut came: Vec<(UnixMillis, &Batch)> = Vec::new();
            let mut now = UnixMillis(1);
            for (after_ms, batch) in &arrivals {
                now = now.plus_ms(*after_ms);
                window.add(batch, LENGTH_MS, now);
                window.forget(LENGTH_MS, now);
                came.push((now, batch));

                let least = came.iter().filter(|(at, _)| at.ms_until(now) < LENGTH_MS);
                let most = came.iter().filter(|(at, _)| at.ms_until(now) < LENGTH_MS + 1000);
                let requests = window.sums().requests;
                let count = |batch: &Batch| batch.tally.all_requests();
                prop_assert!(requests >= least.map(|(_, batch)| count(batch)).sum());
                prop_assert!(requests <= most.map(|(_, batch)| count(batch)).sum());
                let mut rest = window.whole.clone();
                for (_, part) in &window.parts {
                    prop_assert!(part.requests <= rest.requests);
                    rest.take_off(part);
                }
                prop_assert!(is_nothing(&rest), "{:?}", rest);
            }
            window.forget(LENGTH_MS, now.plus_ms(LENGTH_MS + 1000));
            prop_assert!(is_nothing(window.sums()));
        }
    }

    fn is_nothing(sums: &Sums) -> bool {
        let counts = [sums.requests, sums.mismatches, sums.failures];
        let durations = |durations: &Histogram| *durations == Histogram::default();
        counts == [0; 3] && sums.operations.values().all(durations) && sums.conflicts.is_empty()
    }

    #[test]
    fn no_more_is_kept_of_many_batches_than_of_few() {
        let mut window = Window::default();
        for at in 0..10_000 {
            let now = UnixMillis(at * 40);
            window.add(&batch_of(&[0, 1, 2, 3], "key"), LENGTH_MS, now);
            window.forget(LENGTH_MS, now);
        }

        assert!(window.parts.len() as u64 <= PARTS + 2);
        assert!(window.sums().requests > 4000);
    }

    #[test]
    fn keys_beyond_what_is_kept_are_left_out_until_others_leave() {
        let mut window = Window::default();
        for key in 0..2 * MAX_KEYS {
            let batch = batch_of(&[3], &format!("key {key}"));
            window.add(&batch, LENGTH_MS, UnixMillis(1));
        }
        window.add(&batch_of(&[3], "key 0"), LENGTH_MS, UnixMillis(1));

        assert_eq!(window.sums().conflicts.len(), MAX_KEYS);
        assert_eq!(window.sums().conflicts["key 0"], 2);
        let later = UnixMillis(2 * LENGTH_MS);
        window.forget(LENGTH_MS, later);
        window.add(&batch_of(&[3], "late"), LENGTH_MS, later);
        assert_eq!(window.sums().conflicts["late"], 1);
    }

    fn batch_of(kinds: &[u8], key: &str) -> Batch {
        let mut batch = Batch::default();
        let subject = Subject {
            operation: Some("create_resource"),
            idempotency_key: Some(key),
            ..Subject::NONE
        };
        for kind in kinds {
            let event = match kind {
                0 => Event::Completed {
                    attempt: 1,
                    duration_ms: 7,
                    record: Move::default(),
                },
                1 => Event::Mismatch { duration_ms: 1 },
                2 => Event::Unanswered { duration_ms: 1 },
                _ => Event::InProgress { duration_ms: 1 },
            };
            batch.add(&subject, &event, UnixMillis(1));
        }
        batch
    }
}
