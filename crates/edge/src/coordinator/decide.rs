//! A decision about a request: the record is loaded, the lifecycle asked, and what it says stored, with no await in
//! between.

use idempotency_core::{
    Asked,
    lifecycle::{
        Claim, Finding, NewRecord, OperationId, Probe, Record, Status, Terms, UnixMillis, claim,
        probed,
    },
};
use uuid::Uuid;

use super::{no_answer::NoAnswer, object::Object, running::Running, storage::Stored};
use crate::{
    clock,
    telemetry::{Event, Move, Tell},
};

impl Object {
    /// A request arrives. No other request's decision can come between.
    pub(super) fn decide(&self, asked: &Asked, terms: Terms) -> Result<(Record, Claim), NoAnswer> {
        let stored = self.storage.load()?;
        let now = clock::now();
        let decided = claim(
            stored.as_deref().map(|stored| stored.record.clone()),
            self.running
                .borrow()
                .as_ref()
                .map(|running| &running.attempt),
            asked.fingerprint,
            NewRecord {
                operation_id: OperationId(Uuid::new_v4().to_string()),
                operation: asked.operation.clone(),
            },
            now,
            terms,
        );
        self.follow(stored.as_deref(), decided, asked, now)
    }

    /// A probe has found something. Nothing, if its record has become another meanwhile.
    pub(super) fn decide_probed(
        &self,
        probe: &Probe,
        finding: Finding,
        asked: &Asked,
        terms: Terms,
    ) -> Result<Option<(Record, Claim)>, NoAnswer> {
        let stored = self.storage.load()?;
        let now = clock::now();
        let record = stored.as_deref().map(|stored| stored.record.clone());
        let Some(decided) = probed(record, probe, finding, now, terms) else {
            return Ok(None);
        };
        self.follow(stored.as_deref(), decided, asked, now)
            .map(Some)
    }

    /// Stores what was decided, before anything follows from it.
    fn follow(
        &self,
        stored: Option<&Stored>,
        (mut record, claim): (Record, Claim),
        asked: &Asked,
        now: UnixMillis,
    ) -> Result<(Record, Claim), NoAnswer> {
        let has_changed = stored.is_none_or(|stored| stored.record.status != record.status);
        match &claim {
            Claim::Execute(attempt) => {
                record.trace_id.clone_from(&asked.origin.trace_id);
                // Before the record: one without an alarm would be kept for ever.
                if attempt.number == 1 {
                    self.storage.ring_at(record.expires_at)?;
                }
                let change = self.store(stored, &record, now)?;
                asked.tell(&Event::started(attempt.number, change));
                *self.running.borrow_mut() = Some(Running::of(attempt.clone()));
            }
            Claim::Ambiguous | Claim::Probe(_) if has_changed => {
                let change = self.store(stored, &record, now)?;
                asked.tell(&Event::Ambiguous {
                    attempt: record.attempts,
                    reason: "the attempt died, or its deadline passed".to_owned(),
                    record: change,
                });
            }
            Claim::Replay(_) if has_changed => {
                let change = self.store(stored, &record, now)?;
                asked.tell(&Event::FoundOut {
                    attempt: record.attempts,
                    source: "probe",
                    record: change,
                });
            }
            Claim::Ambiguous
            | Claim::Probe(_)
            | Claim::Replay(_)
            | Claim::InProgress { .. }
            | Claim::Mismatch => {}
        }
        Ok((record, claim))
    }

    /// Stores what `record` has become, and notes it in its history. Of another record before it, nothing is kept, but
    /// that an operator had it forgotten.
    pub(super) fn store(
        &self,
        stored: Option<&Stored>,
        record: &Record,
        now: UnixMillis,
    ) -> Result<Move, NoAnswer> {
        let change = self.change(stored, Some(record), None);
        let same = stored.filter(|stored| {
            stored.record.operation_id == record.operation_id
                || stored.record.status == Status::Forgotten && now < stored.record.expires_at
        });
        let history = same.map(|stored| stored.history.clone());
        let history = history.unwrap_or_default().noting(record);
        let to = self.storage.store(record, history)?;
        Ok(Move { to, ..change })
    }
}
