//! The Durable Object.

use std::{cell::RefCell, rc::Rc};

use idempotency_core::{
    Asked, Claimed, Inspected, Message,
    lifecycle::{Claim, Expiry, Record, Repeat, Terms, expire, expire_unreadable},
};
use worker::{Env, State};

use super::{
    no_answer::{NoAnswer, encode},
    running::{Asking, Running},
    storage::{RecordStorage, StorageError},
};
use crate::{
    clock,
    monitor::hand_over_soon,
    operation::{Operations, Streaming, terms_of},
    telemetry::{Event, Move, Subject, Tell, tell},
};

/// One caller's one key: it decides, executes and remembers.
pub struct Object {
    pub(super) operations: Rc<Operations>,
    pub(super) state: State,
    pub(super) env: Env,
    pub(super) storage: RecordStorage,
    pub(super) running: RefCell<Option<Running>>,
    pub(super) asking: RefCell<Option<Asking>>,
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
            asking: RefCell::new(None),
        }
    }

    /// Answers a message. In `streaming` is the body that follows the answer, if one does.
    pub async fn answer(
        self: &Rc<Self>,
        message: &[u8],
        streaming: &Streaming,
    ) -> worker::Result<Vec<u8>> {
        let reply = match Message::decode(message) {
            Ok(Message::Claim(asked)) => {
                let asked = Rc::new(asked);
                let claimed = self.claim(&asked, streaming).await;
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
                expire(stored.as_deref().map(|stored| &stored.record), now),
                self.change(stored.as_deref(), None, None),
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
            Expiry::Delete => {
                self.storage.forget();
                self.state.storage().delete_all().await?;
            }
        }
        Ok(())
    }

    /// Every branch that a keyed request can take once it has reached its object.
    async fn claim(
        self: &Rc<Self>,
        asked: &Rc<Asked>,
        streaming: &Streaming,
    ) -> Result<Claimed, NoAnswer> {
        let operation = self.operations.find(&asked.operation);
        let operation =
            operation.ok_or_else(|| NoAnswer::UnknownOperation(asked.operation.clone()))?;
        let terms = terms_of(operation, &*self.operations.settings(&self.env)?);
        let wait_until = clock::now().plus_ms(asked.wait_s.saturating_mul(1000));
        loop {
            let mut decided = self.decide(asked, terms)?;
            if let Claim::Probe(probe) = &decided.1 {
                let Some(probed) = self.probe(probe, asked, terms).await? else {
                    continue;
                };
                decided = probed;
            }
            let (record, claim) = decided;
            match claim {
                Claim::Execute(attempt) => {
                    let grace_s = operation.grace_s();
                    return self.execute(attempt, grace_s, asked, streaming).await;
                }
                Claim::Replay(_) => {
                    return Ok(Claimed::Completed {
                        record,
                        replayed: true,
                        passed_on: None,
                    });
                }
                Claim::Mismatch => return Ok(Claimed::Mismatch),
                Claim::Ambiguous | Claim::Probe(_) => {
                    if !self.settles_before(wait_until).await {
                        return Ok(ambiguous(&record, terms));
                    }
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

    /// Flushes the counts of the events in this isolate, soon.
    pub(super) fn hand_over_soon(&self) {
        if let Ok(settings) = self.operations.settings(&self.env) {
            let state = self.state.as_raw();
            hand_over_soon(&self.env, &settings, |promise| state.wait_until(promise));
        }
    }
}

/// The reply to a request whose key is AMBIGUOUS because of another.
fn ambiguous(record: &Record, terms: Terms) -> Claimed {
    Claimed::Ambiguous {
        expires_at: record.expires_at,
        own: false,
        is_held: record.repeat.max(terms.repeat) == Repeat::Never,
        error: None,
        passed_on: None,
    }
}

fn tell_of_no_request(event: &Event) {
    tell(Subject::NONE, event);
}
