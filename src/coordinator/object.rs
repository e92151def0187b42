//! The Durable Object.

use std::cell::RefCell;

use uuid::Uuid;
use worker::{DurableObject, Env, Request, Response, State, durable_object, wasm_bindgen};

use super::{
    Asked, Message, Reply,
    attempt::execute,
    message::MessageError,
    running::Running,
    storage::{RecordStorage, StorageError},
};
use crate::{
    clock,
    lifecycle::{
        Attempt, Claim, Expiry, NewRecord, OperationId, Outcome, Policy, Record, SavedResponse,
        Settlement, Status, UnixMillis, claim, expire, inspect, settle,
    },
    operations::{KeyedOperation, find_operation},
    settings::{Settings, WrongSetting},
    telemetry::{Event, Subject, log},
};

/// One caller's one key: it decides, executes and remembers.
#[durable_object(alarm)]
pub struct Coordinator {
    state: State,
    env: Env,
    storage: RecordStorage,
    running: RefCell<Option<Running>>,
}

/// Why the object has no answer.
#[derive(Debug, thiserror::Error)]
enum ObjectError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error(transparent)]
    Settings(#[from] WrongSetting),
    #[error("this release has no operation {0}")]
    UnknownOperation(String),
    #[error(transparent)]
    Platform(#[from] worker::Error),
}

impl DurableObject for Coordinator {
    fn new(state: State, env: Env) -> Self {
        Self {
            storage: RecordStorage::of(&state),
            state,
            env,
            running: RefCell::new(None),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let reply = self.reply(request).await.unwrap_or_else(|error| {
            let reason = error.to_string();
            log(Subject::NONE, &Event::Broken { reason });
            Reply::Broken
        });
        let bytes = reply
            .encode()
            .map_err(|error| worker::Error::from(error.to_string()))?;
        Response::from_bytes(bytes)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let record = match self.storage.load() {
            // The alarm was set for the record's expiry, so that one that cannot be read has expired too.
            Err(StorageError::Unreadable(_)) => None,
            loaded => loaded?,
        };
        match expire(record.as_ref(), clock::now()) {
            Expiry::RingAt(time) => self.storage.ring_at(time)?,
            Expiry::Delete => {
                log(Subject::NONE, &Event::Expired);
                self.state.storage().delete_all().await?;
            }
        }
        Response::empty()
    }
}

impl Coordinator {
    async fn reply(&self, mut request: Request) -> Result<Reply, ObjectError> {
        match Message::decode(&request.bytes().await?)? {
            Message::Claim(asked) => Ok(self.claim(&asked).await.unwrap_or_else(|error| {
                let reason = error.to_string();
                asked.log(&Event::Broken { reason });
                Reply::Broken
            })),
            Message::Inspect => self.inspect(),
        }
    }

    /// Every branch that a keyed request can take once it has reached its object.
    async fn claim(&self, asked: &Asked) -> Result<Reply, ObjectError> {
        let operation = find_operation(&asked.operation)
            .ok_or_else(|| ObjectError::UnknownOperation(asked.operation.clone()))?;
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
    fn decide(&self, asked: &Asked, policy: Policy) -> Result<(Record, Claim), ObjectError> {
        let mut running = self.running.borrow_mut();
        let (record, claim) = claim(
            self.storage.load()?,
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
            self.storage.store(&record)?;
            if attempt.number == 1 {
                self.storage.ring_at(record.expires_at)?;
            }
            *running = Some(Running::of(attempt.clone()));
        }
        Ok((record, claim))
    }

    async fn execute(
        &self,
        operation: &KeyedOperation,
        attempt: Attempt,
        asked: &Asked,
    ) -> Result<Reply, ObjectError> {
        let started_at = clock::now();
        let number = attempt.number;
        asked.log(&match number {
            1 => Event::Starting { attempt: number },
            _ => Event::Retrying { attempt: number },
        });
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
            Ok(response) => Outcome::Completed(kept(response, asked)),
            Err(error) => {
                let reason = error.to_string();
                asked.log(&Event::Failed {
                    attempt: number,
                    reason,
                });
                Outcome::Failed
            }
        };
        let reply = self.settle(&attempt, outcome, started_at, asked);
        self.end(&attempt);
        reply
    }

    /// Reads the record again, for much may have happened since, and settles it if it still waits for this
    /// attempt.
    fn settle(
        &self,
        attempt: &Attempt,
        outcome: Outcome,
        started_at: UnixMillis,
        asked: &Asked,
    ) -> Result<Reply, ObjectError> {
        let now = clock::now();
        let number = attempt.number;
        let Settlement::Settled(record) = settle(self.storage.load()?, attempt, outcome, now)
        else {
            asked.log(&Event::Late { attempt: number });
            return Ok(Reply::Superseded);
        };
        self.storage.store(&record)?;
        if matches!(record.status, Status::Completed { .. }) {
            let duration_ms = started_at.ms_until(now);
            asked.log(&Event::Completed {
                attempt: number,
                duration_ms,
            });
            let replayed = false;
            Ok(Reply::Completed { record, replayed })
        } else {
            let expires_at = record.expires_at;
            Ok(Reply::Failed { expires_at })
        }
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

    fn inspect(&self) -> Result<Reply, ObjectError> {
        let running = self.running.borrow();
        let attempt = running.as_ref().map(|running| &running.attempt);
        let record = inspect(self.storage.load()?, attempt, clock::now());
        Ok(Reply::Found { record })
    }
}

/// The answer as it is kept, and told if that is less than the operation said.
fn kept(response: SavedResponse, asked: &Asked) -> SavedResponse {
    let content_bytes = response.body.len();
    let kept = response.within_bounds();
    if kept.body.len() < content_bytes {
        asked.log(&Event::ContentOmitted { content_bytes });
    }
    kept
}
