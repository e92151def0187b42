//! What a change of the record says to those who count.

use idempotency_core::lifecycle::{Record, Status};

use super::{object::Object, storage::Stored};
use crate::telemetry::{Held, Move, Place};

impl Object {
    /// The way from what was stored to `record`, which counts at `to`.
    pub(super) fn change(
        &self,
        stored: Option<&Stored>,
        record: Option<&Record>,
        to: Option<Place>,
    ) -> Move {
        let before = stored.map(|stored| &stored.record);
        let is_held = |record: &&Record| record.status == Status::Ambiguous;
        let held = record.filter(is_held).or(before.filter(is_held));
        Move {
            from: stored.and_then(Stored::place),
            to,
            held: held.map(|record| {
                let operation = self.operations.find(&record.operation);
                let upstream = operation.and_then(|operation| operation.upstream());
                Held::of(record, upstream)
            }),
        }
    }
}
