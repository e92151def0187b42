//! The futures that run: without a promise where there is nothing to wait for, and never for ever.
//!
//! What is awaited most often, promises of the platform and timers, is told back by `packages/worker/tasks.js` with one call,
//! [`settled`], in which all goes on that waited for it. `wasm-bindgen-futures` would make two closures for each promise, and
//! have the queue of microtasks call a third. What waits for anything else is woken as any future is.
//!
//! What waits need not ever be woken. The platform cancels what a request waits for half a minute after its client has
//! hung up, and what an object waits for that is reset; the promises are never kept, and the timers never ring. So each
//! future that begins to wait looks for those that have waited too long, and ends them.

use std::{
    cell::{OnceCell, RefCell},
    future::Future,
    mem::replace,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures_util::future::{FutureExt, LocalBoxFuture};
use idempotency_core::lifecycle::UnixMillis;
use worker::{
    js_sys::Promise,
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
};

use super::numbered::Numbered;
use crate::clock;

/// How long a future may take, in milliseconds. The longest content at the least rate takes 18 minutes, and all that comes
/// after it one more. (`MAX_CONTENT_BYTES`, `http/content.rs`.)
const LONGEST_MS: u64 = 1_200_000;

#[wasm_bindgen]
extern "C" {
    /// JavaScript's side of this instance's tasks.
    pub type Tasks;

    /// A promise of what the task becomes.
    #[wasm_bindgen(method)]
    fn promise(this: &Tasks, task: u32) -> Promise;
    /// Keeps it.
    #[wasm_bindgen(method)]
    fn keep(this: &Tasks, task: u32, value: &JsValue, has_failed: bool);
    /// Tells what the promise becomes, of this number.
    #[wasm_bindgen(method)]
    pub(super) fn follow(this: &Tasks, promise: &JsValue, number: u32);
    /// Tells that so many milliseconds are over, of this number; returns the timer.
    #[wasm_bindgen(method)]
    pub(super) fn ring(this: &Tasks, ms: f64, number: u32) -> f64;
    /// Tells that a request's timer has rung, of this number.
    #[wasm_bindgen(method)]
    pub(super) fn listen(this: &Tasks, timer: &JsValue, number: u32);
    /// Stops a timer.
    #[wasm_bindgen(method)]
    pub(super) fn stop(this: &Tasks, timer: f64);
    /// Calls [`proceed`] when what runs now has returned.
    #[wasm_bindgen(method)]
    fn soon(this: &Tasks);
}

pub(super) type Outcome = Result<JsValue, JsValue>;

struct Task {
    future: LocalBoxFuture<'static, Outcome>,
    began_at: UnixMillis,
}

/// What is awaited of JavaScript.
#[derive(Default)]
pub(super) struct Awaited {
    pub outcome: Option<Outcome>,
    pub waker: Option<Waker>,
}

/// All that runs in this instance.
#[derive(Default)]
pub(super) struct Run {
    /// How many tasks, promises and timers there have been.
    last: u32,
    tasks: Numbered<Task>,
    pub awaited: Numbered<Awaited>,
    /// Tasks that have been woken, the first of them first.
    ready: Vec<u32>,
    /// Whether somebody goes on until nothing is ready.
    is_running: bool,
}

thread_local! {
    static RUN: RefCell<Run> = RefCell::default();
    /// By itself, so that `RUN` is not borrowed while JavaScript is called.
    static JS: OnceCell<Tasks> = const { OnceCell::new() };
}

impl Run {
    pub fn number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    fn next_ready(&mut self) -> Option<u32> {
        (!self.ready.is_empty()).then(|| self.ready.remove(0))
    }
}

/// Where this instance's tasks are on JavaScript's side. It is told once, before anything else is called.
pub(crate) fn connect(js: Tasks) {
    JS.with(|known| known.set(js).unwrap_or_default());
}

/// Nothing else may be called meanwhile.
pub(super) fn with_run<T>(change: impl FnOnce(&mut Run) -> T) -> T {
    RUN.with_borrow_mut(change)
}

pub(super) fn js<T: Default>(call: impl FnOnce(&Tasks) -> T) -> T {
    JS.with(|js| js.get().map(call).unwrap_or_default())
}

/// What `future` becomes, if it becomes that at once; otherwise, and if it fails, a promise.
pub fn promptly(future: impl Future<Output = Outcome> + 'static) -> JsValue {
    let mut future = future.boxed_local();
    let number = with_run(Run::number);
    let polled = while_running(|| poll(number, &mut future));
    // What goes on after the answer does so after it.
    if with_run(|run| !run.ready.is_empty()) {
        js(Tasks::soon);
    }
    if let Poll::Ready(Ok(value)) = polled {
        return value;
    }
    let promise = js(|js| JsValue::from(js.promise(number)));
    match polled {
        Poll::Ready(outcome) => keep(number, outcome),
        Poll::Pending => begin(number, future),
    }
    promise
}

/// Begins what goes on after the answer. `wait_until` is the platform's, of the request or the object that it belongs to: it
/// keeps that from being cancelled.
pub fn go_on(
    future: impl Future<Output = ()> + 'static,
    wait_until: impl FnOnce(&Promise) -> Result<(), JsValue>,
) {
    let number = with_run(Run::number);
    let future = future.map(|()| Ok(JsValue::UNDEFINED)).boxed_local();
    begin(number, future);
    wake(number);
    // The platform refuses nothing while the event that goes on is there.
    js(|js| wait_until(&js.promise(number)).unwrap_or_default());
}

/// Ends what has waited too long, and begins to wait with this one.
fn begin(number: u32, future: LocalBoxFuture<'static, Outcome>) {
    let began_at = clock::now();
    let too_old = |task: &Task| task.began_at.ms_until(began_at) >= LONGEST_MS;
    while let Some((number, _ended)) = with_run(|run| {
        let (number, oldest) = run.tasks.first()?;
        too_old(oldest)
            .then(|| run.tasks.remove(number))
            .flatten()
            .map(|ended| (number, ended))
    }) {
        keep(number, Err(JsValue::from_str("It took too long.")));
    }
    let task = Task { future, began_at };
    with_run(|run| run.tasks.insert(number, task));
}

fn keep(number: u32, outcome: Outcome) {
    let has_failed = outcome.is_err();
    let value = outcome.unwrap_or_else(|error| error);
    js(|js| js.keep(number, &value, has_failed));
}

/// A promise has been kept or broken, or a timer has rung: whatever waited for that goes on.
#[wasm_bindgen]
pub fn settled(number: u32, value: JsValue, has_failed: bool) {
    let outcome = if has_failed { Err(value) } else { Ok(value) };
    let waker = with_run(|run| {
        let awaited = run.awaited.get_mut(number)?;
        awaited.outcome = Some(outcome);
        awaited.waker.take()
    });
    if let Some(waker) = waker {
        while_running(|| waker.wake());
        proceed();
    }
}

/// All tasks that have been woken go on.
#[wasm_bindgen]
pub fn proceed() {
    while_running(|| {
        while let Some(number) = with_run(Run::next_ready) {
            let Some(mut task) = with_run(|run| run.tasks.remove(number)) else {
                continue;
            };
            match poll(number, &mut task.future) {
                Poll::Ready(outcome) => keep(number, outcome),
                Poll::Pending => {
                    with_run(|run| run.tasks.insert(number, task));
                }
            }
        }
    });
}

/// Whoever runs already goes on by itself: nothing begins in the middle of another future.
fn while_running<T>(run_now: impl FnOnce() -> T) -> T {
    let was_running = with_run(|run| replace(&mut run.is_running, true));
    let done = run_now();
    with_run(|run| run.is_running = was_running);
    done
}

fn poll(number: u32, future: &mut LocalBoxFuture<'static, Outcome>) -> Poll<Outcome> {
    let waker = Waker::from(Arc::new(Number(number)));
    future.as_mut().poll(&mut Context::from_waker(&waker))
}

/// Wakes a task.
struct Number(u32);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        wake(self.0);
    }
}

fn wake(number: u32) {
    let is_due = with_run(|run| {
        let is_first = run.ready.is_empty();
        run.ready.push(number);
        is_first && !run.is_running
    });
    if is_due {
        js(Tasks::soon);
    }
}
