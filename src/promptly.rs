//! Futures for JavaScript: without a promise where there is nothing to wait for, and never for ever.
//!
//! A promise costs an allocation on either side, a task and turns of the queue of microtasks, of which an answer from
//! memory needs nothing.
//!
//! What waits need not ever be woken. The platform cancels what a request waits for half a minute after its client has
//! hung up, and what an object waits for that is reset; the promises are never kept, and the timers never ring. So each
//! future that begins to wait looks for those that have waited too long, and ends them.

use std::{cell::RefCell, collections::BTreeMap, future::Future};

use futures_util::{
    FutureExt,
    future::{AbortHandle, Abortable, Aborted},
};
use idempotency_core::lifecycle::UnixMillis;
use worker::{js_sys::futures::future_to_promise, wasm_bindgen::JsValue};

use crate::clock;

/// How long a future may take, in milliseconds; `entry.js` forgets it then too. The longest content at the least rate
/// takes 18 minutes, and all that comes after it one more. (`MAX_CONTENT_BYTES`, `http/content.rs`.)
const LONGEST_MS: u64 = 1_200_000;

thread_local! {
    /// What is waiting, numbered as it began: since when, and how to end it.
    static WAITING: RefCell<BTreeMap<u64, (UnixMillis, AbortHandle)>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// What `future` becomes, if it becomes that at once; otherwise, and if it fails, a promise.
pub fn promptly(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> JsValue {
    // Shared, because whoever polls it next is someone else, and that one is to be woken then.
    let future = future.boxed_local().shared();
    match future.clone().now_or_never() {
        Some(Ok(value)) => value,
        Some(Err(_)) | None => future_to_promise(async {
            bounded(future)
                .await
                .unwrap_or_else(|Aborted| Err(JsValue::from_str("It took too long.")))
        })
        .into(),
    }
}

/// What `future` becomes, unless it is still waiting when it may no longer.
pub async fn bounded<T>(future: impl Future<Output = T>) -> Result<T, Aborted> {
    let (handle, registration) = AbortHandle::new_pair();
    let _waiting = Waiting::enter(handle, clock::now());
    Abortable::new(future, registration).await
}

/// Leaves the list when it is dropped.
struct Waiting(u64);

impl Waiting {
    fn enter(handle: AbortHandle, now: UnixMillis) -> Self {
        WAITING.with_borrow_mut(|waiting| {
            // What is ended leaves the list by itself, when it is polled for the last time.
            waiting
                .values()
                .take_while(|(began_at, _)| began_at.ms_until(now) >= LONGEST_MS)
                .for_each(|(_, handle)| handle.abort());
            let last = waiting.last_key_value().map_or(0, |(number, _)| *number);
            let number = last.saturating_add(1);
            waiting.insert(number, (now, handle));
            Self(number)
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.with_borrow_mut(|waiting| waiting.remove(&self.0));
    }
}
