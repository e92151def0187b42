//! The model's own account of what is owed to a key's clients.
//!
//! It is kept of what the model sees happen, and never read off a record: nothing that a machine writes into its
//! records, and no function under test, can excuse what the machine does.

use idempotency_core::lifecycle::{
    Attempt, Fingerprint, Record, Repeat, SavedResponse, Status, UnixMillis,
};

use crate::{
    object::Task,
    world::{RETENTION_MS, Request},
};

/// One retention of a key: from its first request that executes until it is over.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Account {
    /// Of the request that the key belongs to meanwhile.
    fingerprint: Fingerprint,
    operation: &'static str,
    pub retention: Retention,
    pub license: License,
    /// The strictest terms that an attempt was started under.
    repeat: Repeat,
    /// Whether an attempt may have been sent, and nobody has said what became of it.
    unanswered: bool,
    /// The same before the attempt that was started last.
    unanswered_before: bool,
    /// The answer that clients were given; there may be no other.
    given: Option<SavedResponse>,
}

/// What allows an attempt to have its effect: there may be one effect for each.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq)]
pub struct License {
    /// The key's retention that it is of, counted.
    retention: u8,
    /// How often an operator has said in it that the operation failed.
    resolved: u8,
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
    AwaitedRepeated,
    UnansweredRepeated,
}

impl Violation {
    /// Whether nothing follows it. An attempt that must not be follows its course, to the effect.
    pub fn ends_all(&self) -> bool {
        *self != Self::UnansweredRepeated
    }
}

impl Account {
    /// The account of the key's next retention after `before`.
    pub fn open(request: Request, before: Option<&Self>, now: UnixMillis) -> Self {
        let license = before.map_or_else(License::default, |before| License {
            retention: before.license.retention + 1,
            resolved: 0,
        });
        Self {
            license,
            repeat: request.repeat,
            unanswered: false,
            unanswered_before: false,
            fingerprint: request.fingerprint(),
            operation: request.operation,
            retention: (now, now.plus_ms(RETENTION_MS)),
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
    pub fn start(
        &mut self,
        attempt: &Attempt,
        record: &Record,
        request: Request,
    ) -> Vec<Violation> {
        let told = match record.status {
            Status::Processing { deadline } => deadline,
            Status::Completed { .. } | Status::Failed | Status::Ambiguous | Status::Forgotten => {
                attempt.deadline
            }
        };
        let found = [
            (
                attempt.deadline.max(told) > self.retention.1,
                Violation::AttemptBeyondExpiry,
            ),
            (
                self.unanswered && self.repeat.max(request.repeat) == Repeat::Never,
                Violation::UnansweredRepeated,
            ),
        ];
        self.repeat = self.repeat.max(request.repeat);
        self.unanswered_before = self.unanswered;
        self.unanswered = request.repeat != Repeat::SameId;
        let found = found.into_iter().filter(|(happened, _)| *happened);
        found.map(|(_, violation)| violation).collect()
    }

    /// The attempt started last is known to have sent nothing.
    pub fn nothing_sent(&mut self) {
        self.unanswered = self.unanswered_before;
    }

    /// An operator says that nothing was sent, whether that is so or not.
    pub fn resolved_as_failed(&mut self) {
        self.unanswered = false;
        self.license.resolved += 1;
    }

    /// An operator has the key forgotten.
    pub fn forget(&mut self, now: UnixMillis) {
        self.retention.1 = self.retention.1.min(now);
    }

    pub fn was_given(&self) -> bool {
        self.given.is_some()
    }
}

/// An attempt settles: it must be the one that was started last, in the retention that it was started in, and no
/// operator may have spoken since.
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
