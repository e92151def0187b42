//! The Durable Object.

use std::cell::RefCell;

use idempotency_core::{
    Asked, Message, Reply,
    lifecycle::{
        Attempt, Claim, Expiry, NewRecord, OperationId, Outcome, Policy, Record, SavedResponse,
        Settlement, UnixMillis, claim, expire, expire_unreadable, inspect, settle,
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
    operations::{KeyedOperation, find_operation},
    settings::Settings,
    telemetry::{Event, Move, Subject, Tell, tell},
};

/// One caller's one key: it decides, executes and remembers.
pub struct Object {
    state: State,
    env: Env,
    storage: RecordStorage,
    running: RefCell<Option<Running>>,
}

impl Object {
    /// The object that `state` belongs to.
    #[must_use]
    pub fn new(state: State, env: Env) -> Self {
        Self {
            storage: RecordStorage::of(&state),
            state,
            env,
            running: RefCell::new(None),
        }
    }

    /// Answers a message.
    pub async fn answer(&self, message: &[u8]) -> worker::Result<Vec<u8>> {
        let reply = self.reply(message).await.unwrap_or_else(|error| {
            tell(Subject::NONE, &error.event());
            error.reply()
        });
        self.hand_over_soon();
        reply
            .encode()
            .map_err(|error| worker::Error::from(error.to_string()))
    }

    /// Forgets the record if its time is over: the object's alarm was set for that.
    pub async fn ring(&self) -> worker::Result<()> {
        let now = clock::now();
        let (expiry, from) = match self.storage.load() {
            Ok(stored) => (
                expire(stored.as_ref().map(|stored| &stored.record), now),
                stored.as_ref().map(Stored::place),
            ),
            Err(StorageError::Unreadable(error)) => {
                let reason = error.to_string();
                tell(Subject::NONE, &Event::Broken { reason });
                (
                    expire_unreadable(self.storage.unreadable_since(now)?, now),
                    None,
                )
            }
            Err(error) => return Err(error.into()),
        };
        if expiry == Expiry::Delete {
            let record = Move { from, to: None };
            tell(Subject::NONE, &Event::Expired { record });
        }
        self.hand_over_soon();
        match expiry {
            Expiry::RingAt(time) => self.storage.ring_at(time)?,
            Expiry::Delete => self.state.storage().delete_all().await?,
        }
        Ok(())
    }

    async fn reply(&self, message: &[u8]) -> Result<Reply, NoAnswer> {
        match Message::decode(message)? {
            Message::Claim(asked) => Ok(self.claim(&asked).await.unwrap_or_else(|error| {
                asked.tell(&error.event());
                error.reply()
            })),
            Message::Inspect => self.inspect(),
        }
    }

    /// Every branch that a keyed request can take once it has reached its object.
    async fn claim(&self, asked: &Asked) -> Result<Reply, NoAnswer> {
        let operation = find_operation(&asked.operation)
            .ok_or_else(|| NoAnswer::UnknownOperation(asked.operation.clone()))?;
        let policy = Settings::of(&self.env)?.policy(operation.retention);
        let wait_until = clock::now().plus_ms(asked.wait_s.saturating_mul(1000));
        loop {
            let (record, claim) = self.decide(asked, policy)?;
            match claim {
                Claim::Execute(attempt) => return self.execute(operation, attempt, asked).await,
                Claim::Replay(_) => {
                    let replayed = true;
                    return Ok(Reply::Completed { record, replayed });
                }
                Claim::Mismatch => return Ok(Reply::Mismatch),
                Claim::InProgress { .. } => {
                    if !self.settles_before(wait_until).await {
                        let expires_at = record.expires_at;
                        return Ok(Reply::InProgress { expires_at });
                    }
                }
            }
        }
    }

    /// Loads, asks and stores, without an await in between: no other request's decision can come between.
    fn decide(&self, asked: &Asked, policy: Policy) -> Result<(Record, Claim), NoAnswer> {
        let mut running = self.running.borrow_mut();
        let stored = self.storage.load()?;
        let (record, claim) = claim(
            stored.as_ref().map(|stored| stored.record.clone()),
            running.as_ref().map(|running| &running.attempt),
            asked.fingerprint,
            NewRecord {
                operation_id: OperationId(Uuid::new_v4().to_string()),
                operation: asked.operation.clone(),
            },
            clock::now(),
            policy,
        );
        if let Claim::Execute(attempt) = &claim {
            let from = stored.as_ref().map(Stored::place);
            let is_first = attempt.number == 1;
            let history = stored.filter(|_| !is_first).map(|stored| stored.history());
            let history = history.unwrap_or_default().noting(&record);
            // Before the record: one without an alarm would be kept for ever.
            if is_first {
                self.storage.ring_at(record.expires_at)?;
            }
            let to = Some(self.storage.store(&record, &history)?);
            let number = attempt.number;
            let change = Move { from, to };
            asked.tell(&if is_first {
                Event::Starting {
                    attempt: number,
                    record: change,
                }
            } else {
                Event::Retrying {
                    attempt: number,
                    record: change,
                }
            });
            *running = Some(Running::of(attempt.clone()));
        }
        Ok((record, claim))
    }

    async fn execute(
        &self,
        operation: &KeyedOperation,
        attempt: Attempt,
        asked: &Asked,
    ) -> Result<Reply, NoAnswer> {
        let started_at = clock::now();
        let outcome = match execute(
            operation,
            &attempt,
            asked,
            &self.state,
            &self.env,
            started_at,
        )
        .await
        {
            Ok(response) => Ok(kept(response, asked)),
            Err(error) => Err(error.to_string()),
        };
        let reply = self.settle(&attempt, outcome, started_at, asked);
        self.end(&attempt);
        reply
    }

    /// Reads the record again, for much may have happened since, and settles it if it still waits for this
    /// attempt. `ended` is the attempt's answer, or why there is none.
    fn settle(
        &self,
        attempt: &Attempt,
        ended: Result<SavedResponse, String>,
        started_at: UnixMillis,
        asked: &Asked,
    ) -> Result<Reply, NoAnswer> {
        let now = clock::now();
        let stored = self.storage.load()?;
        let (outcome, failure) = match ended {
            Ok(response) => (Outcome::Completed(response), None),
            Err(reason) => (Outcome::Failed, Some(reason)),
        };
        let before = stored.as_ref().map(|stored| stored.record.clone());
        let settlement = settle(before, attempt, outcome, now);
        let attempt = attempt.number;
        let Settlement::Settled(record) = settlement else {
            if let Some(reason) = failure {
                let record = Move::default();
                asked.tell(&Event::Failed {
                    attempt,
                    reason,
                    record,
                });
            }
            asked.tell(&Event::Late { attempt });
            return Ok(Reply::Superseded);
        };
        let from = stored.as_ref().map(Stored::place);
        let history = stored.map(|stored| stored.history()).unwrap_or_default();
        let to = Some(self.storage.store(&record, &history.noting(&record))?);
        let change = Move { from, to };
        Ok(if let Some(reason) = failure {
            asked.tell(&Event::Failed {
                attempt,
                reason,
                record: change,
            });
            let expires_at = record.expires_at;
            Reply::Failed { expires_at }
        } else {
            asked.tell(&Event::Completed {
                attempt,
                duration_ms: started_at.ms_until(now),
                record: change,
            });
            let replayed = false;
            Reply::Completed { record, replayed }
        })
    }

    /// Forgets the running attempt if it is this one, which wakes whoever waits for it.
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

    fn inspect(&self) -> Result<Reply, NoAnswer> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let stored = self.storage.load()?;
        let history = stored.as_ref().map(Stored::history).unwrap_or_default();
        let record = inspect(stored.map(|stored| stored.record), attempt, clock::now());
        Ok(Reply::Found { record, history })
    }

    /// What was told here, and by whatever else runs in this isolate, gets handed over.
    fn hand_over_soon(&self) {
        if let Ok(settings) = Settings::of(&self.env) {
            hand_over_soon(&self.env, &settings, |task| self.state.wait_until(task));
        }
    }
}

/// The answer as it is kept, and told if that is less than the operation said.
fn kept(response: SavedResponse, asked: &Asked) -> SavedResponse {
    let (response, wrong) = response.keepable();
    if !wrong.is_empty() {
        let reason = wrong.join("; ");
        asked.tell(&Event::AnswerChanged { reason });
    }
    let content_bytes = response.body.len();
    let kept = response.within_bounds();
    if kept.body.len() < content_bytes {
        asked.tell(&Event::ContentOmitted { content_bytes });
    }
    kept
}
