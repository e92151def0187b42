//! What the platform and the clients may do to the state machine, one step at a time.

use edge_idempotency::{
    coordinator::{CompositeKey, IdempotencyKey, Scope},
    lifecycle::{
        Attempt, Claim, Expiry, Fingerprint, NewRecord, OperationId, Outcome, Policy, Record,
        SavedResponse, Settlement, Status, UnixMillis,
    },
};

use crate::machine::Machine;

/// In ticks of the model's clock.
pub const POLICY: Policy = Policy {
    retention_ms: 3,
    attempt_deadline_ms: 2,
};

const KEY: &str = "00000000-0000-4000-8000-000000000000";

/// A request that a client may send several times: all with the same idempotency key.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub caller: &'static str,
    pub payload: u8,
    pub sends: u8,
}

impl Request {
    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint([self.payload; 32])
    }

    pub fn address(self) -> CompositeKey {
        let key = IdempotencyKey::parse(KEY).expect("a UUID of version 4");
        CompositeKey::new(&Scope::of_token(self.caller), &key)
    }
}

/// Everything there is at one moment.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct World {
    pub now: UnixMillis,
    pub objects: Vec<Object>,
    /// The rows in D1: each operation id once.
    pub effects: Vec<Effect>,
    /// How often each request may still be sent.
    pub sends_left: Vec<u8>,
    pub deaths_left: u8,
    pub failures_left: u8,
    pub hangs_left: u8,
    pub late_attempt_was_refused: bool,
    pub violation: Option<Violation>,
}

/// A Durable Object: what is stored, and what its instances have in memory.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Object {
    pub address: CompositeKey,
    pub stored: Option<Record>,
    /// In the memory of the present instance.
    pub running: Option<Attempt>,
    /// Attempts under way, also those of instances that the platform believes dead.
    pub tasks: Vec<Task>,
    pub records_made: u8,
    /// The answer that clients were given, and until when there may be no other.
    pub given: Option<(SavedResponse, UnixMillis)>,
}

/// An attempt under way.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Task {
    pub attempt: Attempt,
    pub request: usize,
    /// From when until when its operation's record is valid.
    pub retention: (UnixMillis, UnixMillis),
    pub phase: Phase,
}

#[derive(Clone, Debug, Hash, PartialEq)]
pub enum Phase {
    Started,
    Effected(SavedResponse),
    /// Given up by its own timer, with its write still on the way to D1.
    Orphaned,
}

/// A row in D1.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Effect {
    pub operation_id: OperationId,
    pub object: usize,
    pub response: SavedResponse,
    /// From when until when its operation's record is valid.
    pub retention: (UnixMillis, UnixMillis),
}

/// What must never happen.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
pub enum Violation {
    AnswerChanged,
    AnswerToAnotherRequest,
    AnswerAfterExpiry,
    MismatchExecuted,
    SettledRecordChanged,
    LateAttemptSettled,
    DeadAttemptWaitedFor,
}

impl World {
    pub fn new(requests: &[Request], deaths: u8, failures: u8, hangs: u8) -> Self {
        let mut objects: Vec<Object> = Vec::new();
        for request in requests {
            let address = request.address();
            if objects.iter().all(|object| object.address != address) {
                objects.push(Object {
                    address,
                    stored: None,
                    running: None,
                    tasks: Vec::new(),
                    records_made: 0,
                    given: None,
                });
            }
        }
        Self {
            now: UnixMillis(0),
            objects,
            effects: Vec::new(),
            sends_left: requests.iter().map(|request| request.sends).collect(),
            deaths_left: deaths,
            failures_left: failures,
            hangs_left: hangs,
            late_attempt_was_refused: false,
            violation: None,
        }
    }

    /// A request arrives: the object loads, asks and stores in one step, as `Coordinator::decide` does.
    pub fn send<M: Machine>(&mut self, number: usize, request: Request) {
        let now = self.now;
        let address = request.address();
        let object = self
            .objects
            .iter_mut()
            .find(|object| object.address == address);
        let object = object.expect("an object for each address");
        let before = object.stored.clone();
        let new = NewRecord {
            operation_id: OperationId(format!("{}/{}", request.caller, object.records_made)),
            operation: "operation".to_owned(),
        };
        let (record, claim) = M::claim(
            before.clone(),
            object.running.as_ref(),
            request.fingerprint(),
            new,
            now,
            POLICY,
        );
        let valid = before.filter(|record| now < record.expires_at);
        let mismatch = valid
            .as_ref()
            .is_some_and(|record| record.fingerprint != request.fingerprint());
        if mismatch && claim != Claim::Mismatch {
            self.violation = Some(Violation::MismatchExecuted);
        }
        match claim {
            Claim::Execute(attempt) => {
                if valid.is_none() {
                    object.records_made += 1;
                }
                if let Some(violation) = overwrites(valid.as_ref(), &record) {
                    self.violation = Some(violation);
                }
                object.running = Some(attempt.clone());
                object.tasks.push(Task {
                    attempt,
                    request: number,
                    retention: (record.created_at, record.expires_at),
                    phase: Phase::Started,
                });
                object.stored = Some(record);
            }
            Claim::Replay(response) => {
                if valid.is_none() {
                    self.violation = Some(Violation::AnswerAfterExpiry);
                }
                let violation = object.give(&response, &record, request, now);
                self.violation = self.violation.or(violation);
            }
            Claim::InProgress { .. } => {
                if object.running.is_none() {
                    self.violation = Some(Violation::DeadAttemptWaitedFor);
                }
            }
            Claim::Mismatch => {}
        }
    }

    /// The attempt's write reaches D1: it makes the operation's row, or finds it.
    pub fn take_effect(&mut self, object: usize, task: usize, request: Request) {
        let found = &mut self.objects[object];
        let operation_id = found.tasks[task].attempt.operation_id.clone();
        let row = self
            .effects
            .iter()
            .find(|effect| effect.operation_id == operation_id);
        let response = row.map_or_else(
            || SavedResponse {
                status: 201,
                headers: Vec::new(),
                body: format!("{} {} {}", request.caller, request.payload, operation_id.0)
                    .into_bytes(),
            },
            |row| row.response.clone(),
        );
        if row.is_none() {
            self.effects.push(Effect {
                object,
                response: response.clone(),
                retention: found.tasks[task].retention,
                operation_id,
            });
        }
        if found.tasks[task].phase == Phase::Orphaned {
            found.tasks.remove(task);
        } else {
            found.tasks[task].phase = Phase::Effected(response);
        }
    }

    /// The attempt ends: the object loads, asks, stores and answers in one step, as `Coordinator::settle`
    /// does. The platform's output gate makes the store and the answer one.
    pub fn settle<M: Machine>(
        &mut self,
        object: usize,
        task: usize,
        outcome: Outcome,
        request: Request,
    ) {
        let now = self.now;
        let found = &mut self.objects[object];
        let attempt = found.tasks[task].attempt.clone();
        let before = found.stored.clone();
        let current = before
            .as_ref()
            .is_some_and(|record| attempt.is_current(record));
        match M::settle(before.clone(), &attempt, outcome, now) {
            Settlement::Settled(record) => {
                if !current {
                    self.violation = Some(Violation::LateAttemptSettled);
                }
                let valid = before.filter(|record| now < record.expires_at);
                if let Some(violation) = overwrites(valid.as_ref(), &record) {
                    self.violation = Some(violation);
                }
                if let Status::Completed { response } = &record.status {
                    let violation = found.give(response, &record, request, now);
                    self.violation = self.violation.or(violation);
                }
                found.stored = Some(record);
            }
            Settlement::Late => self.late_attempt_was_refused = true,
        }
        if found.running.as_ref() == Some(&attempt) {
            found.running = None;
        }
    }

    /// The alarm rings, when it was set for, later, or once more.
    pub fn ring<M: Machine>(&mut self, object: usize) {
        let found = &mut self.objects[object];
        match M::expire(found.stored.as_ref(), self.now) {
            Expiry::Delete => found.stored = None,
            Expiry::RingAt(_) => {}
        }
    }
}

impl Object {
    /// An answer leaves. Whether it is received or lost, no other may be given while its record is valid.
    fn give(
        &mut self,
        response: &SavedResponse,
        record: &Record,
        request: Request,
        now: UnixMillis,
    ) -> Option<Violation> {
        let owner = format!("{} {} ", request.caller, request.payload);
        let before = self.given.take().filter(|(_, until)| now < *until);
        self.given = Some((response.clone(), record.expires_at));
        if !response.body.starts_with(owner.as_bytes()) {
            Some(Violation::AnswerToAnotherRequest)
        } else if before.is_some_and(|(before, _)| before != *response) {
            Some(Violation::AnswerChanged)
        } else {
            None
        }
    }
}

fn overwrites(valid: Option<&Record>, after: &Record) -> Option<Violation> {
    let settled = valid.filter(|record| matches!(record.status, Status::Completed { .. }));
    settled
        .is_some_and(|before| before != after)
        .then_some(Violation::SettledRecordChanged)
}
