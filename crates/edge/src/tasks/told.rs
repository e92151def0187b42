//! What futures wait for most: promises of the platform, and timers.

use std::{
    future::Future,
    mem::replace,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use futures_util::future::{Either, select};
use worker::wasm_bindgen::JsValue;

use super::run::{Awaited, Outcome, js, with_run};

/// What JavaScript tells of one number, until it is dropped.
struct Told(u32);

impl Told {
    fn new() -> Self {
        Self(with_run(|run| {
            let number = run.number();
            run.awaited.insert(number, Awaited::default());
            number
        }))
    }
}

impl Future for Told {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let waker = Some(context.waker().clone());
        let (outcome, _before) = with_run(|run| {
            let awaited = run.awaited.get_mut(self.0)?;
            Some((awaited.outcome.take(), replace(&mut awaited.waker, waker)))
        })
        .unzip();
        outcome.flatten().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // What waited for it may be dropped with it, and have promises of its own.
        let _ended = with_run(|run| run.awaited.remove(self.0));
    }
}

/// What `promise` becomes.
pub fn kept<P: AsRef<JsValue>>(promise: &P) -> impl Future<Output = Outcome> + use<P> {
    let told = Told::new();
    js(|js| js.follow(promise.as_ref(), told.0));
    told
}

/// A timer, which is stopped when it is dropped, if it is of nobody else.
pub struct Sleep {
    told: Told,
    timer: Option<f64>,
}

/// Rings in so many milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "timers are far shorter than 2^53 ms"
)]
#[must_use]
pub fn sleep(ms: u64) -> Sleep {
    let told = Told::new();
    let timer = Some(js(|js| js.ring(ms as f64, told.0)));
    Sleep { told, timer }
}

/// Rings with the timer of a request, which is a `Timer` of `packages/worker/tasks.js`.
#[must_use]
pub fn ringing_with(timer: &JsValue) -> Sleep {
    let told = Told::new();
    js(|js| js.listen(timer, told.0));
    Sleep { told, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let rung = Pin::new(&mut self.told).poll(context).map(drop);
        if rung.is_ready() {
            self.timer = None;
        }
        rung
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            js(|js| js.stop(timer));
        }
    }
}

/// What `future` becomes, if it takes no longer than `ms` milliseconds. If it does, it is dropped.
pub async fn within<T>(ms: u64, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), sleep(ms)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}
