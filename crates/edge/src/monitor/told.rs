//! What open dashboards are told, as JSON.

use std::collections::VecDeque;

use idempotency_core::lifecycle::UnixMillis;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Alert;
use crate::telemetry::{Batch, HeldKey, Tally};

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
        held: &'a [HeldKey],
    },
    /// From then on: what has happened since.
    Batch {
        now: UnixMillis,
        batch: &'a Batch,
        alerts: &'a [Alert],
        /// The keys that are held, if they have changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        held: Option<&'a [HeldKey]>,
    },
    /// The alerts, when they change while nothing happens.
    Alerts {
        now: UnixMillis,
        alerts: &'a [Alert],
    },
}
