//! Futures for JavaScript: without a promise where there is nothing to wait for, and never for ever.
//!
//! A promise costs an allocation on either side, a task and turns of the queue of microtasks, of which an answer from
//! memory needs nothing.
//!
//! What waits need not ever be woken. The platform cancels what a request waits for half a minute after its client has
//! hung up, and what an object waits for that is reset; the promises are never kept, and the timers never ring. So each
//! future that begins to wait looks for those that have waited too long, and ends them.

use std::{
    cell::{Cell, RefCell},
    future::Future,
};

use futures_util::{
    FutureExt,
    future::{AbortHandle, Abortable, Aborted, LocalBoxFuture},
};
use idempotency_core::lifecycle::UnixMillis;
use worker::{js_sys::futures::future_to_promise, wasm_bindgen::JsValue};

use crate::clock;

/// How long a future may take, in milliseconds; `ending.js` forgets it then too. The longest content at the least rate
/// takes 18 minutes, and all that comes after it one more. (`MAX_CONTENT_BYTES`, `http/content.rs`.)
const LONGEST_MS: u64 = 1_200_000;

thread_local! {
    /// What is waiting, the oldest first.
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
    /// How many futures have begun to wait.
    static BEGUN: Cell<u64> = const { Cell::new(0) };
}

struct Waiting {
    number: u64,
    began_at: UnixMillis,
    end: AbortHandle,
}

/// What `future` becomes, if it becomes that at once; otherwise, and if it fails, a promise.
pub fn promptly(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> JsValue {
    at_once_or_later(future.boxed_local())
}

fn at_once_or_later(future: LocalBoxFuture<'static, Result<JsValue, JsValue>>) -> JsValue {
    // Shared, because whoever polls it next is someone else, and that one is to be woken then.
    let future = future.shared();
    match future.clone().now_or_never() {
        Some(Ok(value)) => value,
        Some(Err(_)) | None => future_to_promise(async {
            let ended = bounded(future.boxed_local()).await;
            ended.unwrap_or_else(|Aborted| Err(JsValue::from_str("It took too long.")))
        })
        .into(),
    }
}

/// What `future` becomes, unless it is still waiting when it may no longer.
pub async fn bounded<T>(future: LocalBoxFuture<'_, T>) -> Result<T, Aborted> {
    let (end, registration) = AbortHandle::new_pair();
    let _ticket = Ticket::enter(end, clock::now());
    Abortable::new(future, registration).await
}

/// A number among what is waiting, until it is dropped.
struct Ticket(u64);

impl Ticket {
    fn enter(end: AbortHandle, now: UnixMillis) -> Self {
        let number = BEGUN.get().wrapping_add(1);
        BEGUN.set(number);
        WAITING.with_borrow_mut(|waiting| {
            // What is ended drops its ticket when it is polled for the last time.
            waiting
                .iter()
                .take_while(|other| other.began_at.ms_until(now) >= LONGEST_MS)
                .for_each(|other| other.end.abort());
            waiting.push(Waiting {
                number,
                began_at: now,
                end,
            });
        });
        Self(number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        WAITING.with_borrow_mut(|waiting| {
            if let Ok(at) = waiting.binary_search_by_key(&self.0, |other| other.number) {
                waiting.remove(at);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_waited_too_long_is_ended_when_another_begins_to_wait() {
        let [old, gone, young, new] = [(); 4].map(|()| AbortHandle::new_pair().0);
        let _old = Ticket::enter(old.clone(), UnixMillis(0));
        drop(Ticket::enter(gone.clone(), UnixMillis(0)));
        let _young = Ticket::enter(young.clone(), UnixMillis(1));

        let _new = Ticket::enter(new.clone(), UnixMillis(LONGEST_MS));

        let ended = [old, gone, young, new].map(|end| end.is_aborted());
        assert_eq!(ended, [true, false, false, false]);
        assert_eq!(WAITING.with_borrow(Vec::len), 3);
    }
}
