//! The Durable Object.

use std::{cell::RefCell, rc::Rc};

use idempotency_core::{
    Asked, Claimed, Inspected, Message, MessageError, Reply, ReplyKind, Ruling,
    lifecycle::{
        Attempt, Claim, Expiry, History, NewRecord, OperationId, Record, Resolved, Status, Terms,
        UnixMillis, claim, expire, expire_unreadable, inspect, resolve,
    },
};
use uuid::Uuid;
use worker::{Env, State};

use super::{
    attempt::execute,
    no_answer::NoAnswer,
    running::Running,
    storage::{RecordStorage, StorageError, Stored},
};
use crate::{
    clock,
    monitor::hand_over_soon,
    operation::{Operation, Operations},
    telemetry::{Event, Move, Subject, Tell, tell},
};

/// One caller's one key: it decides, executes and remembers.
pub struct Object {
    pub(super) operations: Rc<Operations>,
    state: State,
    env: Env,
    pub(super) storage: RecordStorage,
    running: RefCell<Option<Running>>,
}

impl Object {
    /// The object that `state` belongs to, which executes `operations`.
    #[must_use]
    pub fn new(operations: Rc<Operations>, state: State, env: Env) -> Self {
        Self {
            operations,
            storage: RecordStorage::of(&state),
            state,
            env,
            running: RefCell::new(None),
        }
    }

    /// Answers a message.
    pub async fn answer(&self, message: &[u8]) -> worker::Result<Vec<u8>> {
        let reply = match Message::decode(message) {
            Ok(Message::Claim(asked)) => {
                let claimed = self.claim(&asked).await;
                encode(claimed, |event| asked.tell(event))
            }
            Ok(Message::Inspect) => encode(self.inspect(), tell_of_no_request),
            Ok(Message::Resolve(ruling)) => encode(self.resolve(ruling), tell_of_no_request),
            // A silence is the same whatever was asked.
            Err(error) => encode::<Inspected>(Err(error.into()), tell_of_no_request),
        };
        self.hand_over_soon();
        reply.map_err(|error| worker::Error::from(error.to_string()))
    }

    /// Forgets the record if its time is over: the object's alarm was set for that.
    pub async fn ring(&self) -> worker::Result<()> {
        let now = clock::now();
        let (expiry, record) = match self.storage.load() {
            Ok(stored) => (
                expire(stored.as_ref().map(|stored| &stored.record), now),
                self.change(stored.as_ref(), None, None),
            ),
            Err(StorageError::Unreadable(error)) => {
                let reason = error.to_string();
                tell(Subject::NONE, &Event::Broken { reason });
                (
                    expire_unreadable(self.storage.unreadable_since(now)?, now),
                    Move::default(),
                )
            }
            Err(error) => return Err(error.into()),
        };
        if expiry == Expiry::Delete {
            tell(Subject::NONE, &Event::Expired { record });
        }
        self.hand_over_soon();
        match expiry {
            Expiry::RingAt(time) => self.storage.ring_at(time)?,
            Expiry::Delete => self.state.storage().delete_all().await?,
        }
        Ok(())
    }

    /// Every branch that a keyed request can take once it has reached its object.
    async fn claim(&self, asked: &Asked) -> Result<Claimed, NoAnswer> {
        let operation = self.operations.find(&asked.operation);
        let operation =
            operation.ok_or_else(|| NoAnswer::UnknownOperation(asked.operation.clone()))?;
        let terms = self.operations.settings(&self.env)?.terms(
            operation.retention(),
            operation.deadline_s(),
            operation.repeat(),
        );
        let wait_until = clock::now().plus_ms(asked.wait_s.saturating_mul(1000));
        loop {
            let (record, claim) = self.decide(asked, terms)?;
            match claim {
                Claim::Execute(attempt) => return self.execute(operation, attempt, asked).await,
                Claim::Replay(_) => {
                    let replayed = true;
                    let passed_on = None;
                    return Ok(Claimed::Completed {
                        record,
                        replayed,
                        passed_on,
                    });
                }
                Claim::Mismatch => return Ok(Claimed::Mismatch),
                Claim::Ambiguous => {
                    let (expires_at, own) = (record.expires_at, false);
                    let passed_on = None;
                    return Ok(Claimed::Ambiguous {
                        expires_at,
                        own,
                        passed_on,
                    });
                }
                Claim::InProgress { .. } => {
                    if !self.settles_before(wait_until).await {
                        let expires_at = record.expires_at;
                        return Ok(Claimed::InProgress { expires_at });
                    }
                }
            }
        }
    }

    /// Loads, asks and stores, without an await in between: no other request's decision can come between.
    fn decide(&self, asked: &Asked, terms: Terms) -> Result<(Record, Claim), NoAnswer> {
        let mut running = self.running.borrow_mut();
        let stored = self.storage.load()?;
        let now = clock::now();
        let (record, claim) = claim(
            stored.as_ref().map(|stored| stored.record.clone()),
            running.as_ref().map(|running| &running.attempt),
            asked.fingerprint,
            NewRecord {
                operation_id: OperationId(Uuid::new_v4().to_string()),
                operation: asked.operation.clone(),
            },
            now,
            terms,
        );
        match &claim {
            Claim::Execute(attempt) => {
                // Before the record: one without an alarm would be kept for ever.
                if attempt.number == 1 {
                    self.storage.ring_at(record.expires_at)?;
                }
                let change = self.store(stored, &record, now)?;
                asked.tell(&Event::started(attempt.number, change));
                *running = Some(Running::of(attempt.clone()));
            }
            Claim::Ambiguous
                if stored
                    .as_ref()
                    .is_some_and(|stored| stored.record != record) =>
            {
                let change = self.store(stored, &record, now)?;
                asked.tell(&Event::Ambiguous {
                    attempt: record.attempts,
                    reason: "the attempt died, or its deadline passed".to_owned(),
                    record: change,
                });
            }
            Claim::Ambiguous | Claim::Replay(_) | Claim::InProgress { .. } | Claim::Mismatch => {}
        }
        Ok((record, claim))
    }

    /// Stores what `record` has become, and notes it in its history. Of another record before it, nothing is kept, but
    /// that an operator had it forgotten.
    pub(super) fn store(
        &self,
        stored: Option<Stored>,
        record: &Record,
        now: UnixMillis,
    ) -> Result<Move, NoAnswer> {
        let change = self.change(stored.as_ref(), Some(record), None);
        let same = stored.filter(|stored| {
            stored.record.operation_id == record.operation_id
                || stored.record.status == Status::Forgotten && now < stored.record.expires_at
        });
        let history = same.as_ref().map(Stored::history).unwrap_or_default();
        let to = self.storage.store(record, &history.noting(record))?;
        Ok(Move { to, ..change })
    }

    async fn execute(
        &self,
        operation: &dyn Operation,
        attempt: Attempt,
        asked: &Asked,
    ) -> Result<Claimed, NoAnswer> {
        let started_at = clock::now();
        let ended = execute(
            operation,
            &attempt,
            asked,
            &self.state,
            &self.env,
            started_at,
        )
        .await;
        let reply = self.settle(&attempt, ended, started_at, asked);
        self.end(&attempt);
        reply
    }

    /// Forgets the running attempt if it is this one, which wakes the requests that wait for it.
    fn end(&self, attempt: &Attempt) {
        let mut running = self.running.borrow_mut();
        if running
            .as_ref()
            .is_some_and(|running| running.attempt == *attempt)
        {
            *running = None;
        }
    }

    /// Waits for the running attempt's end, at the latest until `until`. False if there was nothing to wait
    /// for, too many wait already, or it took longer.
    async fn settles_before(&self, until: UnixMillis) -> bool {
        let now = clock::now();
        let left_ms = now.ms_until(until);
        let ended = match self.running.borrow_mut().as_mut() {
            Some(running) if left_ms > 0 => running.wait(),
            Some(_) | None => None,
        };
        let Some(ended) = ended else {
            return false;
        };
        clock::within(left_ms, ended).await.is_some()
    }

    fn inspect(&self) -> Result<Inspected, NoAnswer> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let stored = self.storage.load()?;
        let history = stored.as_ref().map(Stored::history).unwrap_or_default();
        let record = inspect(stored.map(|stored| stored.record), attempt, clock::now());
        Ok(Inspected::Record { record, history })
    }

    /// Loads, asks and stores: an operator says what became of the key.
    fn resolve(&self, ruling: Ruling) -> Result<Inspected, NoAnswer> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let stored = self.storage.load()?;
        let before = stored.as_ref().map(|stored| stored.record.clone());
        let record = match resolve(before, attempt, ruling.resolution, clock::now()) {
            Resolved::Changed(record) => record,
            Resolved::NotAmbiguous => return Ok(Inspected::NotAmbiguous),
            Resolved::Unknown => {
                let (record, history) = (None, History::default());
                return Ok(Inspected::Record { record, history });
            }
        };
        let history = stored.as_ref().map(Stored::history).unwrap_or_default();
        let history = history.noting_resolved(&record, ruling.by.clone());
        let to = self.storage.store(&record, &history)?;
        let change = self.change(stored.as_ref(), Some(&record), to);
        let subject = Subject {
            idempotency_key: Some(&ruling.idempotency_key),
            correlation_id: Some(&ruling.correlation_id),
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

    /// Flushes the counts of the events in this isolate, soon.
    fn hand_over_soon(&self) {
        if let Ok(settings) = self.operations.settings(&self.env) {
            hand_over_soon(&self.env, &settings, |task| self.state.wait_until(task));
        }
    }
}

/// Writes a reply, and logs why it is a silence if it is one.
fn encode<T: ReplyKind>(
    said: Result<T, NoAnswer>,
    tell: impl FnOnce(&Event),
) -> Result<Vec<u8>, MessageError> {
    let said = said.map_err(|error| {
        tell(&error.event());
        error.silence()
    });
    Reply(said).encode()
}

fn tell_of_no_request(event: &Event) {
    tell(Subject::NONE, event);
}
