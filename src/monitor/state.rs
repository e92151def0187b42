//! What a monitor keeps, as one value: one billed row a batch.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{alerts::Alert, webhook::Delivery};
use crate::{
    lifecycle::UnixMillis,
    telemetry::{Batch, Tally},
};

/// How many events are kept to be shown.
const MAX_EVENTS: usize = 200;

/// All that is kept.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct State {
    /// The sums of what this monitor was handed.
    pub tally: Tally,
    /// The sums of what the others were handed, as far as this one was shown it. The hub's alone.
    pub shown: Tally,
    /// The last events that it was handed or shown, oldest first.
    pub events: VecDeque<Box<RawValue>>,
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

    /// Takes in what another monitor was handed.
    pub fn add_shown(&mut self, batch: &Batch, now: UnixMillis) {
        self.shown.merge(&batch.tally);
        self.shown.tidy(now);
        self.show(batch);
    }

    /// Forgets a delivery that was told; keeps one that was not, until it has been tried often enough.
    pub fn settle(&mut self, delivery: &Delivery, is_told: bool) {
        self.deliveries.retain(|other| other != delivery);
        if !is_told {
            self.deliveries.extend(delivery.tried());
        }
    }

    /// The sums of all monitors, as far as this one knows. A record's change may be told to one of them and its next
    /// change to another, so that the gauges of one alone say nothing.
    #[must_use]
    pub fn all(&self) -> Tally {
        let mut all = Tally::default();
        all.merge(&self.tally);
        all.merge(&self.shown);
        all
    }

    fn show(&mut self, batch: &Batch) {
        self.events.extend(batch.events.iter().cloned());
        let surplus = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lifecycle::{Fingerprint, OperationId, Record, Status},
        telemetry::{Event, Move, Place, Subject},
    };

    const NOW: UnixMillis = UnixMillis(1);

    #[test]
    fn a_record_whose_changes_were_told_to_two_monitors_counts_once() {
        let [running, failed] = [
            Status::Processing {
                deadline: UnixMillis(9),
            },
            Status::Failed,
        ]
        .map(place);
        let started = batch(&Event::Starting {
            attempt: 1,
            record: Move {
                from: None,
                to: Some(running),
            },
        });
        let ended = batch(&Event::Failed {
            attempt: 1,
            reason: String::new(),
            record: Move {
                from: Some(running),
                to: Some(failed),
            },
        });
        let mut state = State::default();

        state.add(&started, NOW);
        state.add_shown(&ended, NOW);

        let records = state.all().records.count(NOW);
        assert_eq!((records.processing, records.failed), (0, 1));
        assert_eq!(state.events.len(), 2);
    }

    fn batch(event: &Event) -> Batch {
        let mut batch = Batch::default();
        batch.add(&Subject::NONE, event, NOW);
        batch
    }

    fn place(status: Status) -> Place {
        let record = Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint([1; 32]),
            attempts: 1,
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
            expires_at: UnixMillis(64_000),
            status,
        };
        Place::of(&record, 500)
    }
}
