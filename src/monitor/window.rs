//! The recent past: what the rules look at.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use crate::{
    lifecycle::UnixMillis,
    telemetry::{Batch, Tally},
};

/// What came within the last seconds, batch by batch.
#[derive(Debug, Default)]
pub struct Window {
    batches: VecDeque<(UnixMillis, Rc<Batch>)>,
}

/// A window, added up.
#[derive(Debug, Default)]
pub struct Sums {
    /// All that happened.
    pub tally: Tally,
    /// How many requests met a running one, by key.
    pub conflicts: BTreeMap<String, u64>,
}

impl Window {
    /// Adds what came at `now`.
    pub fn add(&mut self, batch: Rc<Batch>, now: UnixMillis) {
        self.batches.push_back((now, batch));
    }

    /// Forgets what came more than `length_ms` before `now`.
    pub fn forget(&mut self, length_ms: u64, now: UnixMillis) {
        while let Some((came_at, _)) = self.batches.front()
            && came_at.ms_until(now) > length_ms
        {
            self.batches.pop_front();
        }
    }

    /// Adds up what is left.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (_, batch) in &self.batches {
            sums.tally.merge(&batch.tally);
            for (key, count) in &batch.conflicts {
                let conflicts = sums.conflicts.entry(key.clone()).or_default();
                *conflicts = conflicts.saturating_add(*count);
            }
        }
        sums
    }
}
