//! The model's own account of what is owed to a key's clients.
//!
//! It is kept of what the model sees happen, and never read off a record: nothing that a machine writes into its
//! records, and no function under test, can excuse what the machine does.

use idempotency_core::lifecycle::{
    Attempt, Fingerprint, Record, SavedResponse, Status, UnixMillis,
};

use crate::{
    object::Task,
    world::{POLICY, Request},
};

/// One retention of a key: from its first request that executes until it is over.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Account {
    /// Of the request that the key belongs to meanwhile.
    fingerprint: Fingerprint,
    operation: &'static str,
    pub retention: Retention,
    /// The answer that clients were given; there may be no other.
    given: Option<SavedResponse>,
}

/// From when until when, the end not included.
pub type Retention = (UnixMillis, UnixMillis);

/// What must never happen.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
pub enum Violation {
    AnswerChanged,
    AnswerToAnotherRequest,
    AnswerAfterExpiry,
    MismatchExecuted,
    SettledRecordChanged,
    LateAttemptSettled,
    AttemptBeyondExpiry,
    DeadAttemptWaitedFor,
}

impl Account {
    pub fn open(request: Request, now: UnixMillis) -> Self {
        Self {
            fingerprint: request.fingerprint(),
            operation: request.operation,
            retention: (now, now.plus_ms(POLICY.retention_ms)),
            given: None,
        }
    }

    /// Whether the key belongs to `request`.
    pub fn is_of(&self, request: Request) -> bool {
        self.fingerprint == request.fingerprint() && self.operation == request.operation
    }

    pub fn is_open(&self, now: UnixMillis) -> bool {
        now < self.retention.1
    }

    /// An answer leaves. Whether it is received or lost, no other may follow it.
    pub fn give(
        &mut self,
        response: &SavedResponse,
        request: Request,
        now: UnixMillis,
    ) -> Vec<Violation> {
        let owner = request.owner();
        let before = self.given.replace(response.clone());
        let found = [
            (!self.is_open(now), Violation::AnswerAfterExpiry),
            (
                !response.body.starts_with(owner.as_bytes()),
                Violation::AnswerToAnotherRequest,
            ),
            (
                before.is_some_and(|before| before != *response),
                Violation::AnswerChanged,
            ),
        ];
        let found = found.into_iter().filter(|(happened, _)| *happened);
        found.map(|(_, violation)| violation).collect()
    }

    /// An attempt begins, and the record says until when others wait for it.
    pub fn start(&self, attempt: &Attempt, record: &Record) -> Option<Violation> {
        let told = match record.status {
            Status::Processing { deadline } => deadline,
            Status::Completed { .. } | Status::Failed => attempt.deadline,
        };
        (attempt.deadline.max(told) > self.retention.1).then_some(Violation::AttemptBeyondExpiry)
    }

    pub fn was_given(&self) -> bool {
        self.given.is_some()
    }
}

/// An attempt settles: it must be the one that was started last, in the retention that it was started in.
pub fn settle(task: &Task, now: UnixMillis) -> Option<Violation> {
    let late = task.overtaken || now >= task.retention.1;
    late.then_some(Violation::LateAttemptSettled)
}

/// A record takes the place of another that still counts.
pub fn overwrite(before: Option<&Record>, after: &Record) -> Option<Violation> {
    let settled = before.filter(|record| matches!(record.status, Status::Completed { .. }));
    settled
        .is_some_and(|before| before != after)
        .then_some(Violation::SettledRecordChanged)
}
