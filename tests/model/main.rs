//! The state machine, exhaustively: every order in which requests, failures, deaths, late attempts, alarms and
//! the clock can meet it, within bounds. The functions that decide are the ones that the object calls.
//!
//! `cargo test` explores the small bounds; `npm run model` the large ones.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

mod machine;
mod world;

use std::marker::PhantomData;

use edge_idempotency::lifecycle::{Outcome, Status, UnixMillis};
use machine::{
    AnsweringAfterExpiry, DeletingTooSoon, Machine, MintingPerAttempt, SettlingTwice, Shipped,
    StatusBeforeFingerprint, WaitingForTheDead, WithoutDeadline, WithoutFencing,
};
use stateright::{Checker, Model, Property};
use world::{Phase, Request, Violation, World};

/// The bounds of an exploration, and the machine to explore.
#[derive(Clone)]
struct Bounds<M> {
    requests: Vec<Request>,
    deaths: u8,
    failures: u8,
    hangs: u8,
    until: UnixMillis,
    machine: PhantomData<M>,
}

/// One step. The numbers are those of the object and of its task.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
enum Step {
    Send(usize),
    TakeEffect(usize, usize),
    Complete(usize, usize),
    Fail(usize, usize),
    /// The attempt's own timer ends it.
    TimeOut(usize, usize),
    /// It neither ends nor times out: its event loop is stuck.
    Hang(usize, usize),
    /// The instance is gone, with all that it was doing.
    Die(usize),
    /// The instance is replaced, and goes on with what it was doing all the same.
    Outlive(usize),
    Ring(usize),
    Tick,
}

impl<M: Machine> Model for Bounds<M> {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(
            &self.requests,
            self.deaths,
            self.failures,
            self.hangs,
        )]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.violation.is_some() {
            return;
        }
        let sends = world.sends_left.iter().enumerate();
        steps.extend(
            sends
                .filter(|(_, left)| **left > 0)
                .map(|(request, _)| Step::Send(request)),
        );
        for (object, found) in world.objects.iter().enumerate() {
            for (task, under_way) in found.tasks.iter().enumerate() {
                match under_way.phase {
                    Phase::Started => steps.push(Step::TakeEffect(object, task)),
                    Phase::Effected(_) => steps.push(Step::Complete(object, task)),
                    Phase::Orphaned => {
                        steps.push(Step::TakeEffect(object, task));
                        continue;
                    }
                }
                if world.now >= under_way.attempt.deadline {
                    steps.push(Step::TimeOut(object, task));
                }
                if world.failures_left > 0 {
                    steps.push(Step::Fail(object, task));
                }
                if world.hangs_left > 0 {
                    steps.push(Step::Hang(object, task));
                }
            }
            if world.deaths_left > 0 && found.running.is_some() {
                steps.extend([Step::Die(object), Step::Outlive(object)]);
            }
            if found.stored.is_some() {
                steps.push(Step::Ring(object));
            }
        }
        if world.now < self.until {
            steps.push(Step::Tick);
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut world = world.clone();
        let request_of = |world: &World, object: usize, task: usize| {
            self.requests[world.objects[object].tasks[task].request]
        };
        match step {
            Step::Send(request) => {
                world.sends_left[request] -= 1;
                world.send::<M>(request, self.requests[request]);
            }
            Step::TakeEffect(object, task) => {
                let request = request_of(&world, object, task);
                world.take_effect(object, task, request);
            }
            Step::Complete(object, task) => {
                let request = request_of(&world, object, task);
                complete::<M>(&mut world, object, task, request);
            }
            Step::Fail(object, task) => {
                world.failures_left -= 1;
                let request = request_of(&world, object, task);
                world.settle::<M>(object, task, Outcome::Failed, request);
                world.objects[object].tasks.remove(task);
            }
            Step::TimeOut(object, task) => {
                let request = request_of(&world, object, task);
                world.settle::<M>(object, task, Outcome::Failed, request);
                let tasks = &mut world.objects[object].tasks;
                if tasks[task].phase == Phase::Started {
                    tasks[task].phase = Phase::Orphaned;
                } else {
                    tasks.remove(task);
                }
            }
            Step::Hang(object, task) => {
                world.hangs_left -= 1;
                world.objects[object].tasks.remove(task);
            }
            Step::Die(object) => {
                world.deaths_left -= 1;
                world.objects[object].running = None;
                world.objects[object].tasks.clear();
            }
            Step::Outlive(object) => {
                world.deaths_left -= 1;
                world.objects[object].running = None;
            }
            Step::Ring(object) => world.ring::<M>(object),
            Step::Tick => world.now = world.now.plus_ms(1),
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("an answer never changes", |_, world: &World| {
                world.violation != Some(Violation::AnswerChanged)
            }),
            Property::always(
                "no request gets another request's answer",
                |_, world: &World| world.violation != Some(Violation::AnswerToAnotherRequest),
            ),
            Property::always("no record answers after its expiry", |_, world: &World| {
                world.violation != Some(Violation::AnswerAfterExpiry)
            }),
            Property::always(
                "no mismatching request executes or replays",
                |_, world: &World| world.violation != Some(Violation::MismatchExecuted),
            ),
            Property::always("no settled record changes", |_, world: &World| {
                world.violation != Some(Violation::SettledRecordChanged)
            }),
            Property::always("no late attempt settles", |_, world: &World| {
                world.violation != Some(Violation::LateAttemptSettled)
            }),
            Property::always("no dead attempt is waited for", |_, world: &World| {
                world.violation != Some(Violation::DeadAttemptWaitedFor)
            }),
            Property::always("one effect in a retention", |_, world: &World| {
                one_effect_in_a_retention(world)
            }),
            Property::always("a key settles once faults stop", settles_once_faults_stop),
            Property::sometimes("a death is recovered", |bounds: &Self, world: &World| {
                completed_after(world, 2)
                    && world.deaths_left < bounds.deaths
                    && world.failures_left == bounds.failures
                    && world.hangs_left == bounds.hangs
                    && world.now == UnixMillis(0)
            }),
            Property::sometimes("a late attempt is refused", |_, world: &World| {
                world.late_attempt_was_refused
            }),
            Property::sometimes(
                "a failed attempt succeeds later",
                |bounds: &Self, world: &World| {
                    completed_after(world, 2)
                        && world.failures_left < bounds.failures
                        && world.deaths_left == bounds.deaths
                        && world.hangs_left == bounds.hangs
                        && world.now == UnixMillis(0)
                },
            ),
            Property::sometimes(
                "a key is used again after its expiry",
                |_, world: &World| {
                    world.objects.iter().any(|object| object.records_made > 1)
                        && completed_after(world, 1)
                },
            ),
            Property::sometimes("two callers use one key", |_, world: &World| {
                world.objects.len() < 2 || world.objects.iter().all(|object| object.given.is_some())
            }),
        ]
    }
}

fn complete<M: Machine>(world: &mut World, object: usize, task: usize, request: Request) {
    if let Phase::Effected(response) = world.objects[object].tasks[task].phase.clone() {
        world.settle::<M>(object, task, Outcome::Completed(response), request);
        world.objects[object].tasks.remove(task);
    }
}

fn one_effect_in_a_retention(world: &World) -> bool {
    world.effects.iter().enumerate().all(|(at, effect)| {
        world.effects[..at].iter().all(|other| {
            let ((from, until), (other_from, other_until)) = (effect.retention, other.retention);
            let overlap = from < other_until && other_from < until;
            effect.operation_id != other.operation_id && (effect.object != other.object || !overlap)
        })
    })
}

fn completed_after(world: &World, attempts: u32) -> bool {
    world
        .objects
        .iter()
        .filter_map(|object| object.stored.as_ref())
        .any(|record| {
            record.attempts >= attempts && matches!(record.status, Status::Completed { .. })
        })
}

/// Whether from here on, with no more faults, what is under way ends, and the request sent again settles its
/// key: at once, or, if an attempt hangs, after that attempt's deadline.
fn settles_once_faults_stop<M: Machine>(bounds: &Bounds<M>, world: &World) -> bool {
    let mut world = world.clone();
    for object in 0..world.objects.len() {
        let address = world.objects[object].address;
        let of_object = |request: &&Request| request.address() == address;
        finish::<M>(bounds, &mut world, object);
        for _ in 0..2 {
            let now = world.now;
            let stored = world.objects[object]
                .stored
                .clone()
                .filter(|record| now < record.expires_at);
            let same = |request: &&Request| {
                stored
                    .as_ref()
                    .is_none_or(|record| record.fingerprint == request.fingerprint())
            };
            let again = bounds
                .requests
                .iter()
                .enumerate()
                .filter(|(_, request)| of_object(request));
            let Some((number, request)) = again.clone().find(|(_, request)| same(request)) else {
                return false;
            };
            world.send::<M>(number, *request);
            finish::<M>(bounds, &mut world, object);
            if settled(&world, object) {
                break;
            }
            if let Some(running) = &world.objects[object].running {
                world.now = world.now.max(running.deadline);
            }
        }
        if !settled(&world, object) {
            return false;
        }
    }
    true
}

fn settled(world: &World, object: usize) -> bool {
    let stored = world.objects[object].stored.as_ref();
    stored.is_some_and(|record| matches!(record.status, Status::Completed { .. }))
}

fn finish<M: Machine>(bounds: &Bounds<M>, world: &mut World, object: usize) {
    while let Some(task) = world.objects[object].tasks.first().cloned() {
        let request = bounds.requests[task.request];
        if !matches!(task.phase, Phase::Effected(_)) {
            world.take_effect(object, 0, request);
        }
        if task.phase != Phase::Orphaned {
            complete::<M>(world, object, 0, request);
        }
    }
}

#[test]
fn the_shipped_machine_keeps_every_promise() {
    let large = std::env::var("MODEL").is_ok_and(|size| size == "large");
    let (name, explorations) = if large {
        ("large", large_bounds())
    } else {
        ("small", small_bounds())
    };
    let explored = explorations.map(|(title, bounds, expected)| {
        let checker = check(bounds);
        checker.assert_properties();
        let states = checker.unique_state_count();
        println!("model, {name}: {title}: {states} states, no promise broken");
        (states, expected)
    });
    for (states, expected) in explored {
        assert_eq!(states, expected);
    }
}

#[test]
fn a_machine_without_fencing_is_found_out() {
    assert_found::<WithoutFencing>("no late attempt settles");
}

#[test]
fn a_machine_that_settles_twice_is_found_out() {
    assert_found::<SettlingTwice>("no settled record changes");
}

#[test]
fn a_machine_that_looks_at_the_status_before_the_fingerprint_is_found_out() {
    assert_found::<StatusBeforeFingerprint>("no mismatching request executes or replays");
    assert_found::<StatusBeforeFingerprint>("no request gets another request's answer");
}

#[test]
fn a_machine_that_forgets_the_deadline_is_found_out() {
    assert_found::<WithoutDeadline>("a key settles once faults stop");
}

#[test]
fn a_machine_that_waits_for_a_dead_attempt_is_found_out() {
    assert_found::<WaitingForTheDead>("no dead attempt is waited for");
}

#[test]
fn a_machine_that_mints_an_id_per_attempt_is_found_out() {
    assert_found::<MintingPerAttempt>("one effect in a retention");
}

#[test]
fn a_machine_that_answers_after_expiry_is_found_out() {
    assert_found::<AnsweringAfterExpiry>("no record answers after its expiry");
}

#[test]
fn a_machine_that_deletes_too_soon_is_found_out() {
    assert_found::<DeletingTooSoon>("an answer never changes");
    assert_found::<DeletingTooSoon>("one effect in a retention");
}

fn assert_found<M: Machine>(property: &'static str) {
    let bounds: Bounds<M> = bounds(&[("a", 1, 2), ("a", 2, 1)], 1, 1, 1, 3);
    let checker = check(bounds);

    assert!(
        checker.discovery(property).is_some(),
        "the checker finds no case of: {property}"
    );
}

fn check<M: Machine>(bounds: Bounds<M>) -> impl Checker<Bounds<M>> {
    bounds.checker().threads(2).spawn_bfs().join()
}

type Exploration = (&'static str, Bounds<Shipped>, usize);

fn small_bounds() -> [Exploration; 3] {
    let again = bounds(&[("a", 1, 3)], 1, 1, 1, 4);
    let payloads = bounds(&[("a", 1, 2), ("a", 2, 1)], 1, 1, 1, 4);
    let callers = bounds(&[("a", 1, 2), ("b", 1, 1)], 1, 1, 0, 3);
    [
        ("one request, sent three times", again, 27_948),
        ("two payloads", payloads, 27_409),
        ("two callers", callers, 88_797),
    ]
}

fn large_bounds() -> [Exploration; 3] {
    let again = bounds(&[("a", 1, 4)], 2, 2, 1, 7);
    let payloads = bounds(&[("a", 1, 2), ("a", 2, 2)], 2, 1, 1, 7);
    let callers = bounds(&[("a", 1, 2), ("a", 2, 1), ("b", 1, 1)], 1, 1, 1, 4);
    [
        ("one request, sent four times", again, 4_236_057),
        ("two payloads", payloads, 4_349_356),
        ("two payloads and two callers", callers, 2_732_696),
    ]
}

/// `requests` are caller, payload and how often it is sent; the clock goes on until `until`.
fn bounds<M: Machine>(
    requests: &[(&'static str, u8, u8)],
    deaths: u8,
    failures: u8,
    hangs: u8,
    until: u64,
) -> Bounds<M> {
    let requests = requests.iter().map(|(caller, payload, sends)| Request {
        caller,
        payload: *payload,
        sends: *sends,
    });
    Bounds {
        requests: requests.collect(),
        deaths,
        failures,
        hangs,
        until: UnixMillis(until),
        machine: PhantomData,
    }
}
