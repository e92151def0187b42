//! The model: which steps there are in a world, and what each of them does.

use std::marker::PhantomData;

use idempotency_core::lifecycle::{AttemptEnd, Repeat, UnixMillis};
use stateright::{Model, Property};

use crate::{
    account::Violation,
    machine::Machine,
    object::Phase,
    properties::properties,
    world::{Request, Said, World},
};

/// The bounds of an exploration, and the machine to explore.
#[derive(Clone)]
pub struct Bounds<M> {
    pub requests: Vec<Request>,
    pub deaths: u8,
    pub failures: u8,
    pub hangs: u8,
    pub resolutions: u8,
    pub until: UnixMillis,
    pub machine: PhantomData<M>,
}

/// One step. The numbers are those of the object and of its task.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
pub enum Step {
    Send(usize),
    TakeEffect(usize, usize),
    Complete(usize, usize),
    Fail(usize, usize),
    /// Its connection breaks, which does not stop what it has sent.
    Break(usize, usize),
    /// The attempt's own timer ends it.
    TimeOut(usize, usize),
    /// Its late answer is no longer awaited.
    StopWaiting(usize, usize),
    /// It neither ends nor times out: its event loop is stuck.
    Hang(usize, usize),
    /// The instance is gone, with all that it was doing.
    Die(usize),
    /// The instance is replaced, and goes on with what it was doing all the same.
    Outlive(usize),
    Ring(usize),
    /// The other system answers a probe.
    Look(usize, usize),
    /// That answer arrives.
    Find(usize, usize),
    /// An operator says what became of the key.
    Resolve(usize, Said),
    Tick,
}

impl<M: Machine> Model for Bounds<M> {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(
            &self.requests,
            [self.deaths, self.failures, self.hangs, self.resolutions],
        )]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.violations.iter().any(Violation::ends_all) {
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
                let request = self.requests[under_way.request];
                if request.may_take_effect(under_way, world.now) {
                    match under_way.phase {
                        Phase::Started | Phase::Orphaned => {
                            steps.push(Step::TakeEffect(object, task));
                        }
                        Phase::Effected(_) => {}
                    }
                }
                match under_way.phase {
                    Phase::Started => {}
                    Phase::Effected(_) => steps.push(Step::Complete(object, task)),
                    Phase::Orphaned => continue,
                }
                if world.now >= under_way.attempt.deadline && !under_way.timed_out {
                    steps.push(Step::TimeOut(object, task));
                }
                if under_way.timed_out
                    && is_graceful(request)
                    && world.now >= under_way.attempt.late_until
                {
                    steps.push(Step::StopWaiting(object, task));
                }
                if world.failures_left > 0 {
                    steps.push(Step::Fail(object, task));
                    if is_graceful(request) && under_way.phase == Phase::Started {
                        steps.push(Step::Break(object, task));
                    }
                }
                if world.hangs_left > 0 {
                    steps.push(Step::Hang(object, task));
                }
            }
            for (asking, under_way) in found.probes.iter().enumerate() {
                steps.push(match under_way.found {
                    None => Step::Look(object, asking),
                    Some(_) => Step::Find(object, asking),
                });
            }
            if world.deaths_left > 0 && found.running.is_some() {
                steps.extend([Step::Die(object), Step::Outlive(object)]);
            }
            if found.stored.is_some() {
                steps.push(Step::Ring(object));
            }
            if found.stored.is_some() && world.resolutions_left > 0 {
                let said = [Said::Completed, Said::Failed, Said::Forgotten];
                steps.extend(said.map(|said| Step::Resolve(object, said)));
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
                let sent = world.objects[object].tasks[task].phase != Phase::Started;
                world.settle::<M>(object, task, broken_off(sent, request), request);
                world.objects[object].tasks.remove(task);
            }
            Step::Break(object, task) => {
                world.failures_left -= 1;
                let request = request_of(&world, object, task);
                world.settle::<M>(object, task, broken_off(true, request), request);
                orphan(&mut world, object, task);
            }
            Step::TimeOut(object, task) => {
                let request = request_of(&world, object, task);
                let running = world.objects[object].running.clone();
                world.settle::<M>(object, task, broken_off(true, request), request);
                if is_graceful(request) {
                    world.objects[object].running = running;
                }
                if request.repeat == Repeat::SameId {
                    orphan(&mut world, object, task);
                } else {
                    world.objects[object].tasks[task].timed_out = true;
                }
            }
            Step::StopWaiting(object, task) => {
                let found = &mut world.objects[object];
                if found.running.as_ref() == Some(&found.tasks[task].attempt) {
                    found.running = None;
                }
                orphan(&mut world, object, task);
            }
            Step::Hang(object, task) => {
                world.hangs_left -= 1;
                world.objects[object].tasks.remove(task);
            }
            Step::Die(object) => {
                world.deaths_left -= 1;
                world.objects[object].running = None;
                world.objects[object].tasks.clear();
                world.objects[object].probes.clear();
            }
            Step::Outlive(object) => {
                world.deaths_left -= 1;
                world.objects[object].running = None;
            }
            Step::Ring(object) => world.ring::<M>(object),
            Step::Look(object, asking) => {
                let request = self.requests[world.objects[object].probes[asking].request];
                world.look(object, asking, request);
            }
            Step::Find(object, asking) => {
                let request = self.requests[world.objects[object].probes[asking].request];
                world.find::<M>(object, asking, request);
            }
            Step::Resolve(object, said) => {
                world.resolutions_left -= 1;
                let request = self.request_of_stored(&world, object);
                world.resolve::<M>(object, said, request);
            }
            Step::Tick => world.now = world.now.plus_ms(1),
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }
}

/// How an attempt ends that breaks off. One that must not be repeated tells whether its request may have left.
fn broken_off(may_be_sent: bool, request: Request) -> AttemptEnd {
    match request.repeat {
        Repeat::Resend | Repeat::Probe | Repeat::Never if may_be_sent => AttemptEnd::Ambiguous,
        Repeat::Resend | Repeat::Probe | Repeat::Never | Repeat::SameId => AttemptEnd::Failed,
    }
}

/// Whether the object waits for an attempt's late answer.
fn is_graceful(request: Request) -> bool {
    request.terms().grace_ms > 0
}

/// Nobody waits for the attempt any more, which stops nothing that it has sent.
fn orphan(world: &mut World, object: usize, task: usize) {
    let tasks = &mut world.objects[object].tasks;
    if tasks[task].phase == Phase::Started {
        tasks[task].phase = Phase::Orphaned;
    } else {
        tasks.remove(task);
    }
}

impl<M> Bounds<M> {
    /// The request that an object's record belongs to.
    pub fn request_of_stored(&self, world: &World, object: usize) -> Request {
        let object = &world.objects[object];
        let stored = object.stored.as_ref().expect("a record");
        let is_of = |request: &&Request| {
            request.address() == object.address
                && stored.belongs_to(request.operation, request.fingerprint())
        };
        *self.requests.iter().find(is_of).expect("its request")
    }
}

pub fn complete<M: Machine>(world: &mut World, object: usize, task: usize, request: Request) {
    if let Phase::Effected(response) = world.objects[object].tasks[task].phase.clone() {
        world.settle::<M>(object, task, AttemptEnd::Completed(response), request);
        world.objects[object].tasks.remove(task);
    }
}
