//! What open dashboards are told, as JSON.

use std::collections::VecDeque;

use idempotency_core::lifecycle::UnixMillis;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Alert;
use crate::telemetry::{Batch, Tally};

/// What an open dashboard is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a> {
    /// When it is opened: all that there is.
    Snapshot {
        now: UnixMillis,
        tally: &'a Tally,
        events: &'a VecDeque<Box<RawValue>>,
        alerts: &'a [Alert],
    },
    /// From then on: what has happened since.
    Batch {
        now: UnixMillis,
        batch: &'a Batch,
        alerts: &'a [Alert],
    },
    /// The alerts, when they change while nothing happens.
    Alerts {
        now: UnixMillis,
        alerts: &'a [Alert],
    },
}
