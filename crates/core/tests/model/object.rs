//! A Durable Object of the model: what it holds, and what its clients are owed.

use idempotency_core::{
    CompositeKey,
    lifecycle::{Attempt, Finding, Probe, Record, SavedResponse, UnixMillis},
};

use crate::{
    account::{self, Account, License, Retention, Violation},
    world::Request,
};

/// What is stored, what the instances have in memory, and the model's own account.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Object {
    pub address: CompositeKey,
    pub stored: Option<Record>,
    /// In the memory of the present instance.
    pub running: Option<Attempt>,
    /// Attempts under way, also those of instances that the platform believes dead.
    pub tasks: Vec<Task>,
    /// Probes under way, also those of such instances.
    pub probes: Vec<Asking>,
    pub records_made: u8,
    /// Of the latest retention, which may be over.
    pub account: Option<Account>,
}

/// An attempt under way.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Task {
    pub attempt: Attempt,
    pub request: usize,
    /// The one in which it was started.
    pub retention: Retention,
    pub license: License,
    /// Whether another attempt of the key was started after it, or an operator has resolved it.
    pub overtaken: bool,
    /// Whether its own timer has rung and it went on to wait for an answer.
    pub timed_out: bool,
    pub phase: Phase,
}

/// A probe under way.
#[derive(Clone, Debug, Hash, PartialEq)]
pub struct Asking {
    pub probe: Probe,
    pub request: usize,
    /// What the other system has said; the answer is on its way.
    pub found: Option<Finding>,
}

#[derive(Clone, Debug, Hash, PartialEq)]
pub enum Phase {
    Started,
    Effected(SavedResponse),
    /// Given up by its own timer, with its write still on the way to D1.
    Orphaned,
}

impl Object {
    pub fn new(address: CompositeKey) -> Self {
        Self {
            address,
            stored: None,
            running: None,
            tasks: Vec::new(),
            probes: Vec::new(),
            records_made: 0,
            account: None,
        }
    }

    /// The request executes, with an attempt that overtakes all those under way.
    pub fn start(
        &mut self,
        attempt: Attempt,
        record: Record,
        number: usize,
        request: Request,
        now: UnixMillis,
    ) -> Vec<Violation> {
        if self.valid(now).is_none() {
            self.records_made += 1;
        }
        let mut violations = Vec::from_iter(self.overwrite(&record, now));
        let mut account = match self.account.take() {
            Some(account) if account.is_open(now) => account,
            before => Account::open(request, before.as_ref(), now),
        };
        violations.extend(account.start(&attempt, &record, request));
        violations.extend(self.repeats_awaited(now));
        self.overtake();
        self.tasks.push(Task {
            attempt: attempt.clone(),
            request: number,
            retention: account.retention,
            license: account.license,
            overtaken: false,
            timed_out: false,
            phase: Phase::Started,
        });
        self.account = Some(account);
        self.running = Some(attempt);
        self.stored = Some(record);
        violations
    }

    /// Whether an attempt is under way in this instance that may still settle the key, and whose end is waited for.
    fn repeats_awaited(&self, now: UnixMillis) -> Option<Violation> {
        let running = self.running.as_ref()?;
        let is_awaited = |task: &Task| task.attempt == *running && !task.overtaken;
        (now < running.late_until && self.tasks.iter().any(is_awaited))
            .then_some(Violation::AwaitedRepeated)
    }

    /// What is under way settles nothing any more.
    pub fn overtake(&mut self) {
        for task in &mut self.tasks {
            task.overtaken = true;
        }
    }

    pub fn give(
        &mut self,
        response: &SavedResponse,
        request: Request,
        now: UnixMillis,
    ) -> Vec<Violation> {
        let account = self.account.as_mut().expect("something has executed");
        account.give(response, request, now)
    }

    pub fn overwrite(&self, record: &Record, now: UnixMillis) -> Option<Violation> {
        self.open_account(now)?;
        account::overwrite(self.stored.as_ref(), record)
    }

    pub fn open_account(&self, now: UnixMillis) -> Option<&Account> {
        self.account.as_ref().filter(|account| account.is_open(now))
    }

    /// The record, unless it says itself that its time is over.
    fn valid(&self, now: UnixMillis) -> Option<&Record> {
        self.stored.as_ref().filter(|record| record.counts(now))
    }
}
