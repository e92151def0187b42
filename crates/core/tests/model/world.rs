//! What the platform and the clients may do to the state machine, one step at a time.

use std::collections::BTreeSet;

use idempotency_core::{
    CompositeKey, IdempotencyKey, KeyForm, Scope,
    lifecycle::{
        Attempt, AttemptEnd, Claim, Expiry, Finding, Fingerprint, NewRecord, OperationId, Record,
        Repeat, Resolution, Resolved, SavedResponse, Settlement, Status, Terms, UnixMillis,
    },
};

use crate::{
    account::{self, License, Violation},
    machine::Machine,
    object::{Asking, Object, Phase, Task},
};

/// In ticks of the model's clock.
pub const RETENTION_MS: u64 = 3;

const KEY: &str = "00000000-0000-4000-8000-000000000000";

/// A request that a client may send several times: all with the same idempotency key.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub caller: &'static str,
    /// What its path stands for, in the release that it meets.
    pub operation: &'static str,
    pub payload: u8,
    pub sends: u8,
    pub repeat: Repeat,
}

impl Request {
    pub const fn terms(self) -> Terms {
        let (attempt_deadline_ms, grace_ms) = match self.repeat {
            Repeat::SameId | Repeat::Never => (2, 0),
            Repeat::Resend | Repeat::Probe => (1, 1),
        };
        Terms {
            retention_ms: RETENTION_MS,
            attempt_deadline_ms,
            grace_ms,
            // What may pass between an attempt's start and its effect, as `may_take_effect` has it.
            absent_after_ms: 2,
            repeat: self.repeat,
        }
    }

    /// Whether what the attempt has sent may still take effect. Where a probe is believed, the other system promises
    /// that it does not for ever.
    pub fn may_take_effect(self, task: &Task, now: UnixMillis) -> bool {
        self.repeat != Repeat::Probe || now < task.attempt.late_until
    }

    /// Whether all attempts of one operation id have one effect.
    pub fn is_recognized(self) -> bool {
        match self.repeat {
            Repeat::SameId | Repeat::Resend => true,
            Repeat::Probe | Repeat::Never => false,
        }
    }

    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint([self.payload; 32])
    }

    /// How an answer to it begins, and none to another.
    pub fn owner(self) -> String {
        format!("{} {} {} ", self.caller, self.operation, self.payload)
    }

    fn answer(self, operation_id: &OperationId, attempt: &Attempt) -> Vec<u8> {
        let answer = self.owner() + &operation_id.0;
        if self.is_recognized() {
            answer.into_bytes()
        } else {
            format!("{answer} {}", attempt.number).into_bytes()
        }
    }

    pub fn address(self) -> CompositeKey {
        let key = IdempotencyKey::parse(KEY, KeyForm::Uuid4).expect("a UUID of version 4");
        CompositeKey::new(&Scope::of_token(self.caller), &key)
    }
}

/// What must sometimes happen.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Seen {
    LateAnswerCompleted,
    LateAttemptRefused,
    ProbeCompleted,
    ProbeRepeated,
    ProbeRefused,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct World {
    pub now: UnixMillis,
    pub objects: Vec<Object>,
    /// The rows in D1, each operation id once; and what was sent to an upstream, which knows no operation id.
    pub effects: Vec<Effect>,
    /// How often each request may still be sent.
    pub sends_left: Vec<u8>,
    pub deaths_left: u8,
    pub failures_left: u8,
    pub hangs_left: u8,
    pub resolutions_left: u8,
    /// What has happened that must sometimes.
    pub seen: BTreeSet<Seen>,
    /// What must not have happened. Nothing follows most of it.
    pub violations: Vec<Violation>,
}

/// A row in D1, or a request that an upstream got.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Effect {
    pub operation_id: OperationId,
    pub object: usize,
    pub response: SavedResponse,
    /// What its attempt was started with.
    pub license: License,
}

/// What an operator says of an object's record.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
pub enum Said {
    Completed,
    Failed,
    Forgotten,
}

impl World {
    pub fn new(requests: &[Request], [deaths, failures, hangs, resolutions]: [u8; 4]) -> Self {
        let mut objects: Vec<Object> = Vec::new();
        for request in requests {
            let address = request.address();
            if objects.iter().all(|object| object.address != address) {
                objects.push(Object::new(address));
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
            resolutions_left: resolutions,
            seen: BTreeSet::new(),
            violations: Vec::new(),
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
        let new = NewRecord {
            operation_id: OperationId(format!("{}/{}", request.caller, object.records_made)),
            operation: request.operation.to_owned(),
        };
        let (record, claim) = M::claim(
            object.stored.clone(),
            object.running.as_ref(),
            request.fingerprint(),
            new,
            now,
            request.terms(),
        );
        let mismatch = object
            .open_account(now)
            .is_some_and(|account| !account.is_of(request));
        if mismatch && claim != Claim::Mismatch {
            self.violations.push(Violation::MismatchExecuted);
        }
        let address = object.address;
        let number_of_object = self
            .objects
            .iter()
            .position(|object| object.address == address);
        self.follow(
            number_of_object.expect("it"),
            record,
            claim,
            number,
            request,
        );
    }

    /// What the object does with a decision about a request.
    fn follow(
        &mut self,
        object: usize,
        record: Record,
        claim: Claim,
        number: usize,
        request: Request,
    ) {
        let now = self.now;
        let object = &mut self.objects[object];
        self.violations.extend(match claim {
            Claim::Execute(attempt) => object.start(attempt, record, number, request, now),
            Claim::Replay(response) => object.give(&response, request, now),
            Claim::InProgress { .. }
                if object.running.is_none() && record.status != Status::Ambiguous =>
            {
                vec![Violation::DeadAttemptWaitedFor]
            }
            Claim::InProgress { .. } | Claim::Mismatch => Vec::new(),
            Claim::Ambiguous => {
                let overwritten = object.overwrite(&record, now);
                object.stored = Some(record);
                Vec::from_iter(overwritten)
            }
            Claim::Probe(probe) => {
                let overwritten = object.overwrite(&record, now);
                object.stored = Some(record);
                object.probes.push(Asking {
                    probe,
                    request: number,
                    found: None,
                });
                Vec::from_iter(overwritten)
            }
        });
    }

    /// The other system looks whether the operation has had an effect, and answers.
    pub fn look(&mut self, object: usize, asking: usize, request: Request) {
        let operation_id = &self.objects[object].probes[asking].probe.operation_id;
        let mut effects = self.effects.iter();
        let found = match effects.find(|effect| effect.operation_id == *operation_id) {
            Some(effect) => Finding::Done(SavedResponse {
                status: 200,
                headers: Vec::new(),
                body: (request.owner() + &effect.operation_id.0 + " is there").into_bytes(),
            }),
            None => Finding::Absent,
        };
        self.objects[object].probes[asking].found = Some(found);
    }

    /// Its answer arrives: the object loads, asks and stores in one step.
    pub fn find<M: Machine>(&mut self, object: usize, asking: usize, request: Request) {
        let now = self.now;
        let found = &mut self.objects[object];
        let Asking {
            probe,
            request: number,
            found: finding,
        } = found.probes.remove(asking);
        let finding = finding.expect("an answer");
        let stored = found.stored.clone();
        let Some((record, claim)) = M::probed(stored, &probe, finding, now, request.terms()) else {
            self.seen.insert(Seen::ProbeRefused);
            return self.send::<M>(number, request);
        };
        if let Claim::Replay(_) = &claim {
            self.violations.extend(found.overwrite(&record, now));
            found.overtake();
            found.stored = Some(record.clone());
            self.seen.insert(Seen::ProbeCompleted);
        }
        if let Claim::Execute(_) = claim {
            self.seen.insert(Seen::ProbeRepeated);
        }
        self.follow(object, record, claim, number, request);
    }

    /// The attempt's write reaches D1: it makes the operation's row, or finds it. Or its request reaches an upstream,
    /// which does what it is asked whenever it is.
    pub fn take_effect(&mut self, object: usize, task: usize, request: Request) {
        let found = &mut self.objects[object];
        let operation_id = found.tasks[task].attempt.operation_id.clone();
        let row = self
            .effects
            .iter()
            .find(|effect| effect.operation_id == operation_id)
            .filter(|_| request.is_recognized());
        let response = row.map_or_else(
            || SavedResponse {
                status: 201,
                headers: Vec::new(),
                body: request.answer(&operation_id, &found.tasks[task].attempt),
            },
            |row| row.response.clone(),
        );
        if row.is_none() {
            self.effects.push(Effect {
                object,
                response: response.clone(),
                license: found.tasks[task].license,
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
        end: AttemptEnd,
        request: Request,
    ) {
        let now = self.now;
        let found = &mut self.objects[object];
        let task = found.tasks[task].clone();
        let nothing_sent = end == AttemptEnd::Failed && request.repeat != Repeat::SameId;
        match M::settle(found.stored.clone(), &task.attempt, end, now) {
            Settlement::Settled(record) => {
                if let Some(account) = found.account.as_mut().filter(|_| nothing_sent) {
                    account.nothing_sent();
                }
                let was_ambiguous = found.stored.as_ref().map(|record| &record.status);
                if was_ambiguous == Some(&Status::Ambiguous) {
                    self.seen.insert(Seen::LateAnswerCompleted);
                }
                self.violations.extend(account::settle(&task, now));
                self.violations.extend(found.overwrite(&record, now));
                if let Status::Completed { response } = &record.status {
                    self.violations.extend(found.give(response, request, now));
                }
                found.stored = Some(record);
            }
            Settlement::Late => {
                self.seen.insert(Seen::LateAttemptRefused);
            }
        }
        if found.running.as_ref() == Some(&task.attempt) {
            found.running = None;
        }
    }

    /// An operator says what became of a key.
    pub fn resolve<M: Machine>(&mut self, object: usize, said: Said, request: Request) {
        let now = self.now;
        let found = &mut self.objects[object];
        let resolution = match said {
            Said::Completed => Resolution::Completed(SavedResponse {
                status: 201,
                headers: Vec::new(),
                body: (request.owner() + "operator").into_bytes(),
            }),
            Said::Failed => Resolution::Failed,
            Said::Forgotten => Resolution::Forgotten,
        };
        let running = found.running.as_ref();
        let Resolved::Changed(record) = M::resolve(found.stored.clone(), running, resolution, now)
        else {
            return;
        };
        if said != Said::Forgotten {
            self.violations.extend(found.overwrite(&record, now));
        }
        found.overtake();
        if let Some(account) = found.account.as_mut() {
            match said {
                Said::Completed => {}
                Said::Failed => account.resolved_as_failed(),
                Said::Forgotten => account.forget(now),
            }
        }
        found.stored = Some(record);
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
