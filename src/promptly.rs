//! Futures for JavaScript, without a promise where there is nothing to wait for.
//!
//! A promise costs an allocation on either side, a task and turns of the queue of microtasks, of which an answer from
//! memory needs nothing.

use std::future::Future;

use futures_util::FutureExt;
use worker::{js_sys::futures::future_to_promise, wasm_bindgen::JsValue};

/// What `future` becomes, if it becomes that at once; otherwise, and if it fails, a promise.
pub fn promptly(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> JsValue {
    // Shared, because whoever polls it next is someone else, and that one is to be woken then.
    let future = future.boxed_local().shared();
    match future.clone().now_or_never() {
        Some(Ok(value)) => value,
        Some(Err(_)) | None => future_to_promise(future).into(),
    }
}
