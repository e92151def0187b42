//! The look-up of a key, and what an operator says became of it.

use idempotency_core::{
    Inspected, Ruling,
    lifecycle::{History, Resolved, inspect, resolve},
};

use super::{no_answer::NoAnswer, object::Object, storage::Stored};
use crate::{
    clock,
    telemetry::{Event, Subject, tell},
};

impl Object {
    pub(super) fn inspect(&self) -> Result<Inspected, NoAnswer> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let stored = self.storage.load()?;
        let (record, history) = stored.as_deref().map(Stored::parts).unzip();
        let record = inspect(record, attempt, clock::now());
        let history = history.unwrap_or_default();
        Ok(Inspected::Record { record, history })
    }

    /// Loads, asks and stores: an operator says what became of the key.
    pub(super) fn resolve(&self, ruling: Ruling) -> Result<Inspected, NoAnswer> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let stored = self.storage.load()?;
        let (before, history) = stored.as_deref().map(Stored::parts).unzip();
        let record = match resolve(before, attempt, ruling.resolution, clock::now()) {
            Resolved::Changed(record) => record,
            Resolved::NotAmbiguous => return Ok(Inspected::NotAmbiguous),
            Resolved::Unknown => {
                let (record, history) = (None, History::default());
                return Ok(Inspected::Record { record, history });
            }
        };
        let history = history.unwrap_or_default();
        let history = history.noting_resolved(&record, ruling.by.clone());
        let to = self.storage.store(&record, history.clone())?;
        let change = self.change(stored.as_deref(), Some(&record), to);
        let subject = Subject {
            idempotency_key: Some(&ruling.idempotency_key),
            correlation_id: Some(&ruling.correlation_id),
            trace_id: ruling.trace_id.as_deref(),
            operation: Some(&record.operation),
            ..Subject::NONE
        };
        tell(
            subject,
            &Event::Resolved {
                status: record.status.name(),
                by: ruling.by,
                record: change,
            },
        );
        let record = Some(record);
        Ok(Inspected::Record { record, history })
    }
}
