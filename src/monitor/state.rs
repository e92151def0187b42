//! What a monitor keeps, as one value: one billed row a batch.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{alerts::Alert, webhook::Delivery};
use crate::{
    lifecycle::UnixMillis,
    telemetry::{Batch, Seen, Tally},
};

/// How many events are kept to be shown.
const MAX_EVENTS: usize = 200;

/// All that is kept.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct State {
    /// The sums of what this monitor was handed.
    pub tally: Tally,
    /// The last events that it was handed or shown, oldest first.
    pub events: VecDeque<Seen>,
    /// The alerts that are raised.
    pub alerts: Vec<Alert>,
    /// What is still to be told to the webhook.
    pub deliveries: Vec<Delivery>,
    /// Since when more keys than allowed have been PROCESSING.
    pub crowded_since: Option<UnixMillis>,
}

impl State {
    /// Takes in what an isolate has gathered.
    pub fn add(&mut self, batch: &Batch, now: UnixMillis) {
        self.tally.merge(&batch.tally);
        self.tally.tidy(now);
        self.show(batch);
    }

    /// Takes in what another monitor was handed, to show it.
    pub fn show(&mut self, batch: &Batch) {
        self.events.extend(batch.events.iter().cloned());
        let surplus = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..surplus);
    }
}
