//! What a monitor keeps, as one value: one billed row a batch.

use std::collections::VecDeque;

use idempotency_core::lifecycle::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{alerts::Alert, webhook::Delivery};
use crate::telemetry::{Batch, Count, HeldKeys, Tally};

/// How many events are kept to be shown.
const MAX_EVENTS: usize = 200;

/// How many deliveries wait for the webhook. When it is away for long, those that have waited longest are dropped.
pub const MAX_DELIVERIES: usize = 100;

/// All that is kept.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct State {
    /// The sums of what this monitor was handed.
    pub tally: Tally,
    /// The sums of what the others were handed, as far as this one was shown it. The hub's alone.
    pub shown: Tally,
    /// The keys that are held, as far as there is room for them. The hub's alone: the others show it what they are handed.
    pub held: HeldKeys,
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
        self.tally.forget_expired(now);
        self.show(batch);
    }

    /// Takes in what another monitor was handed.
    pub fn add_shown(&mut self, batch: &Batch, now: UnixMillis) {
        self.shown.merge(&batch.tally);
        self.shown.forget_expired(now);
        self.show(batch);
    }

    /// Has `deliveries` wait to be told, and returns how many were dropped for them.
    pub fn queue(&mut self, deliveries: Vec<Delivery>) -> usize {
        self.deliveries.extend(deliveries);
        let surplus = self.deliveries.len().saturating_sub(MAX_DELIVERIES);
        self.deliveries.drain(..surplus);
        surplus
    }

    /// Forgets a delivery that was told; keeps one that was not, until it has been tried often enough.
    pub fn settle(&mut self, delivery: &Delivery, is_told: bool) {
        let waiting = self.deliveries.len();
        self.deliveries.retain(|other| other != delivery);
        let was_waiting = self.deliveries.len() < waiting;
        if !is_told && was_waiting {
            self.deliveries.extend(delivery.tried());
        }
    }

    /// How many records there are at `now`. A record's change may be told to one monitor and its next change to
    /// another, so that what one was told alone says nothing.
    #[must_use]
    pub fn records(&self, now: UnixMillis) -> Count {
        self.tally.records.count_with(&self.shown.records, now)
    }

    /// The sums of all monitors, as far as this one knows.
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
    use idempotency_core::lifecycle::{Fingerprint, OperationId, Record, Repeat, Status};

    use super::*;
    use crate::{
        monitor::alerts::Change,
        telemetry::{Event, Held, Move, Place, Subject},
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
                held: None,
            },
        });
        let ended = batch(&Event::Failed {
            attempt: 1,
            reason: String::new(),
            record: Move {
                from: Some(running),
                to: Some(failed),
                held: None,
            },
        });
        let mut state = State::default();

        state.add(&started, NOW);
        state.add_shown(&ended, NOW);

        for records in [state.records(NOW), state.all().records.count(NOW)] {
            assert_eq!((records.processing, records.failed), (0, 1));
        }
        assert_eq!(state.events.len(), 2);
    }

    #[test]
    fn as_many_deliveries_wait_as_there_may_and_the_oldest_are_dropped() {
        let mut state = State::default();
        let first = deliveries().remove(0);
        assert_eq!(state.queue(vec![first.clone()]), 0);

        let dropped: usize = (0..MAX_DELIVERIES).map(|_| state.queue(deliveries())).sum();
        state.settle(&first, false);

        assert_eq!(dropped, 1);
        assert_eq!(state.deliveries.len(), MAX_DELIVERIES);
        assert!(!state.deliveries.contains(&first));
    }

    /// A value of the object's storage may have 2 MB. (Cloudflare: Durable Objects, "Limits".)
    #[test]
    fn a_state_has_an_end_whatever_comes() {
        let mut state = State::default();
        let reason = "\u{1}".repeat(10_000);
        let broken = Event::Broken { reason };
        let long = "\\".repeat(255);
        for number in 0..MAX_EVENTS + MAX_DELIVERIES {
            let name = format!("{number:0>255}");
            let subject = Subject {
                operation: Some("create_resource"),
                idempotency_key: Some(&name),
                correlation_id: Some(&name),
                trace_id: Some(&name),
                caller: Some(&name),
                scope: Some(&name),
            };
            let mut batch = Batch::default();
            let ambiguous = Event::Ambiguous {
                attempt: 1,
                reason: String::new(),
                record: Move {
                    from: None,
                    to: Some(place(Status::Ambiguous)),
                    held: Some(Held::of(&record(&name, &long), Some(&long))),
                },
            };
            for event in [&broken, &Event::Mismatch { duration_ms: 1 }, &ambiguous] {
                batch.add(&subject, event, NOW);
            }
            state.held.merge(&batch.held);
            state.add(&batch, NOW);
            state.add_shown(&batch, NOW);
            state.queue(deliveries());
        }

        assert!(serde_json::to_vec(&state).unwrap().len() < 1_000_000);
    }

    #[test]
    fn a_delivery_is_tried_again_after_the_others() {
        let mut state = State::default();
        state.queue(deliveries());
        state.queue(deliveries());
        let first = state.deliveries[0].clone();

        state.settle(&first, false);

        assert_eq!(state.deliveries.len(), 2);
        assert_eq!(state.deliveries.last(), first.tried().as_ref());
        let second = state.deliveries[0].clone();
        state.settle(&second, true);
        assert_eq!(state.deliveries.len(), 1);
    }

    fn deliveries() -> Vec<Delivery> {
        let alert = Alert {
            rule: "stuck_keys".to_owned(),
            about: None,
            since: NOW,
            value: 3.0,
            threshold: 2.0,
            why: "why".to_owned(),
        };
        Delivery::of(&Change {
            raised: vec![alert],
            ..Change::default()
        })
    }

    fn batch(event: &Event) -> Batch {
        let mut batch = Batch::default();
        batch.add(&Subject::NONE, event, NOW);
        batch
    }

    fn place(status: Status) -> Place {
        let record = Record {
            status,
            ..record("operation", "create_resource")
        };
        Place::of(&record, 500).unwrap()
    }

    fn record(operation_id: &str, operation: &str) -> Record {
        Record {
            operation_id: OperationId(operation_id.to_owned()),
            operation: operation.to_owned(),
            fingerprint: Fingerprint([1; 32]),
            attempts: 1,
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
            expires_at: UnixMillis(64_000),
            repeat: Repeat::SameId,
            trace_id: None,
            status: Status::Failed,
        }
    }
}
