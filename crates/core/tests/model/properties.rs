//! What must always hold, and what must sometimes happen, or the model would be too tame to show anything.

use idempotency_core::lifecycle::{
    Attempt, Claim, NewRecord, OperationId, Record, Repeat, Status, StatusName, UnixMillis,
};
use stateright::Property;

use crate::{
    account::{Account, Violation},
    machine::Machine,
    object::{Object, Phase},
    steps::{Bounds, complete},
    world::{Effect, Request, Said, Seen, World},
};

pub fn properties<M: Machine>() -> Vec<Property<Bounds<M>>> {
    let mut properties = always();
    properties.extend(sometimes());
    properties
}

fn always<M: Machine>() -> Vec<Property<Bounds<M>>> {
    vec![
        Property::always("an answer never changes", |_, world: &World| {
            never(world, Violation::AnswerChanged)
        }),
        Property::always(
            "no request gets another request's answer",
            |_, world: &World| never(world, Violation::AnswerToAnotherRequest),
        ),
        Property::always("no record answers after its expiry", |_, world: &World| {
            never(world, Violation::AnswerAfterExpiry)
        }),
        Property::always(
            "no mismatching request executes or replays",
            |_, world: &World| never(world, Violation::MismatchExecuted),
        ),
        Property::always("no settled record changes", |_, world: &World| {
            never(world, Violation::SettledRecordChanged)
        }),
        Property::always("no late attempt settles", |_, world: &World| {
            never(world, Violation::LateAttemptSettled)
        }),
        Property::always("no attempt may outlive its record", |_, world: &World| {
            never(world, Violation::AttemptBeyondExpiry)
        }),
        Property::always("no dead attempt is waited for", |_, world: &World| {
            never(world, Violation::DeadAttemptWaitedFor)
        }),
        Property::always(
            "nothing starts beside an attempt whose end is awaited",
            |_, world: &World| never(world, Violation::AwaitedRepeated),
        ),
        Property::always(
            "nothing that may have been sent is sent again unasked",
            |_, world: &World| never(world, Violation::UnansweredRepeated),
        ),
        Property::always("one effect in a retention", |_, world: &World| {
            one_effect_per_license(world)
        }),
        Property::always(
            "a status is told as the next request finds it",
            |bounds, world: &World| {
                let mut objects = 0..world.objects.len();
                objects.all(|object| is_told_truly(bounds, world, object))
            },
        ),
        Property::always("a key settles once faults stop", settles_once_faults_stop),
    ]
}

fn sometimes<M: Machine>() -> Vec<Property<Bounds<M>>> {
    vec![
        Property::sometimes(
            "a death is recovered",
            |bounds: &Bounds<M>, world: &World| {
                !bounds.may_repeat()
                    || completed_after(world, 2)
                        && world.deaths_left < bounds.deaths
                        && world.failures_left == bounds.failures
                        && world.hangs_left == bounds.hangs
                        && world.now == UnixMillis(0)
            },
        ),
        Property::sometimes("a late attempt is refused", |_, world: &World| {
            world.seen.contains(&Seen::LateAttemptRefused)
        }),
        Property::sometimes(
            "a failed attempt succeeds later",
            |bounds: &Bounds<M>, world: &World| {
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
        Property::sometimes(
            "a dead attempt that must not be repeated leaves its record ambiguous",
            |bounds: &Bounds<M>, world: &World| {
                bounds.may_repeat()
                    || stored(world).any(|record| record.status == Status::Ambiguous)
            },
        ),
        Property::sometimes(
            "a late answer completes an ambiguous record",
            |bounds: &Bounds<M>, world: &World| {
                bounds.may_repeat() || world.seen.contains(&Seen::LateAnswerCompleted)
            },
        ),
        Property::sometimes(
            "an operation of unknown outcome is attempted again with the same id",
            |bounds: &Bounds<M>, world: &World| {
                !bounds.has(Repeat::Resend)
                    || completed_after(world, 2)
                        && world.seen.contains(&Seen::LateAttemptRefused)
                        && world.effects.len() == 1
            },
        ),
        Property::sometimes(
            "a probe completes a record",
            |bounds: &Bounds<M>, world: &World| {
                !bounds.has(Repeat::Probe) || world.seen.contains(&Seen::ProbeCompleted)
            },
        ),
        Property::sometimes(
            "a probe that finds nothing has the operation attempted again",
            |bounds: &Bounds<M>, world: &World| {
                !bounds.has(Repeat::Probe)
                    || world.seen.contains(&Seen::ProbeRepeated) && completed_after(world, 2)
            },
        ),
        Property::sometimes(
            "a probe is refused whose record has become another",
            |bounds: &Bounds<M>, world: &World| {
                !bounds.has(Repeat::Probe) || world.seen.contains(&Seen::ProbeRefused)
            },
        ),
        Property::sometimes(
            "an operation is attempted again because an operator said that it failed",
            |bounds: &Bounds<M>, world: &World| {
                bounds.resolutions == 0
                    || completed_after(world, 2)
                        && world.resolutions_left < bounds.resolutions
                        && world.failures_left == bounds.failures
            },
        ),
        Property::sometimes(
            "a key is used again after it was forgotten",
            |bounds: &Bounds<M>, world: &World| {
                bounds.resolutions == 0
                    || world.objects.iter().any(|object| object.records_made > 1)
                        && world.now == UnixMillis(0)
            },
        ),
        Property::sometimes("two callers use one key", |_, world: &World| {
            world.objects.len() < 2 || world.objects.iter().all(was_answered)
        }),
    ]
}

fn never(world: &World, violation: Violation) -> bool {
    !world.violations.contains(&violation)
}

fn was_answered(object: &Object) -> bool {
    object.account.as_ref().is_some_and(Account::was_given)
}

/// One in a retention, and another after each time that an operator says that there was none.
fn one_effect_per_license(world: &World) -> bool {
    world.effects.iter().enumerate().all(|(at, effect)| {
        let is_another =
            |other: &Effect| (effect.object, effect.license) == (other.object, other.license);
        !world.effects[..at].iter().any(is_another)
    })
}

/// Whether an inspection of the key shows the status that a repeated request would find at that moment.
fn is_told_truly<M: Machine>(bounds: &Bounds<M>, world: &World, number: usize) -> bool {
    let (object, now) = (&world.objects[number], world.now);
    let running = object.running.as_ref();
    let told = M::inspect(object.stored.clone(), running, now);
    let Some(stored) = &object.stored else {
        return told.is_none();
    };
    let terms = bounds.request_of_stored(world, number).terms();
    let fresh = OperationId("fresh".to_owned());
    let new = NewRecord {
        operation_id: fresh.clone(),
        operation: stored.operation.clone(),
    };
    let fingerprint = stored.fingerprint;
    let (record, claim) = M::claim(Some(stored.clone()), running, fingerprint, new, now, terms);
    let found = match claim {
        Claim::Execute(_) if record.operation_id == fresh => None,
        Claim::Execute(Attempt {
            follows_unknown: false,
            ..
        }) => Some(StatusName::Failed),
        // Its late answer may be awaited.
        Claim::InProgress { .. } => Some(record.status.name()),
        Claim::Replay(_) => Some(StatusName::Completed),
        Claim::Mismatch => return false,
        Claim::Execute(Attempt {
            follows_unknown: true,
            ..
        })
        | Claim::Ambiguous
        | Claim::Probe(_) => Some(StatusName::Ambiguous),
    };
    told.map(|record| record.status.name()) == found
}

fn completed_after(world: &World, attempts: u32) -> bool {
    stored(world).any(|record| {
        record.attempts >= attempts && matches!(record.status, Status::Completed { .. })
    })
}

fn stored(world: &World) -> impl Iterator<Item = &Record> {
    world
        .objects
        .iter()
        .filter_map(|object| object.stored.as_ref())
}

impl<M> Bounds<M> {
    fn has(&self, repeat: Repeat) -> bool {
        self.requests.iter().any(|request| request.repeat == repeat)
    }

    fn may_repeat(&self) -> bool {
        self.requests
            .iter()
            .all(|request| request.repeat == Repeat::SameId)
    }
}

/// Whether from here on, with no more faults, what is under way ends, and the request sent again settles its
/// key: at once, or, if an attempt hangs, after that attempt's deadline, or, if nobody knows what an attempt did, once
/// an operator says so.
fn settles_once_faults_stop<M: Machine>(bounds: &Bounds<M>, world: &World) -> bool {
    let mut world = world.clone();
    for object in 0..world.objects.len() {
        let address = world.objects[object].address;
        let of_object = |request: &&Request| request.address() == address;
        finish::<M>(bounds, &mut world, object);
        for _ in 0..3 {
            let now = world.now;
            let stored = world.objects[object]
                .stored
                .clone()
                .filter(|record| record.counts(now));
            let same = |request: &&Request| {
                stored.as_ref().is_none_or(|record| {
                    record.belongs_to(request.operation, request.fingerprint())
                })
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
            if is_ambiguous(&world, object) && bounds.has(Repeat::Never) {
                let request = bounds.request_of_stored(&world, object);
                world.resolve::<M>(object, Said::Completed, request);
            }
            if settled(&world, object) {
                break;
            }
            if let Some(running) = &world.objects[object].running {
                world.now = world.now.max(running.late_until);
            }
            if let Some(record) = &world.objects[object].stored
                && record.status == Status::Ambiguous
            {
                let proves_from = record.updated_at.plus_ms(request.terms().absent_after_ms);
                world.now = world.now.max(proves_from);
            }
        }
        if !settled(&world, object) {
            return false;
        }
    }
    true
}

fn is_ambiguous(world: &World, object: usize) -> bool {
    let stored = world.objects[object].stored.as_ref();
    stored.is_some_and(|record| record.status == Status::Ambiguous)
}

fn settled(world: &World, object: usize) -> bool {
    let stored = world.objects[object].stored.as_ref();
    stored.is_some_and(|record| matches!(record.status, Status::Completed { .. }))
}

fn finish<M: Machine>(bounds: &Bounds<M>, world: &mut World, object: usize) {
    loop {
        let found = &mut world.objects[object];
        if let Some(task) = found.tasks.first().cloned() {
            let request = bounds.requests[task.request];
            let is_effected = matches!(task.phase, Phase::Effected(_));
            if !is_effected && !request.may_take_effect(&task, world.now) {
                found.tasks.remove(0);
                continue;
            }
            if !is_effected {
                world.take_effect(object, 0, request);
            }
            if task.phase != Phase::Orphaned {
                complete::<M>(world, object, 0, request);
            }
        } else if let Some(asking) = found.probes.first().cloned() {
            let request = bounds.requests[asking.request];
            if asking.found.is_none() {
                world.look(object, 0, request);
            }
            world.find::<M>(object, 0, request);
        } else {
            return;
        }
    }
}
