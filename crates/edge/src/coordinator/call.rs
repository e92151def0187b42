//! How the Worker asks an object.

use idempotency_core::{
    Asked, Claimed, CompositeKey, Message, MessageError, Reply, ReplyKind, Silence,
};
use js_sys::{Promise, Reflect, Uint8Array};
use thiserror::Error;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{Env, js_sys, web_sys::ReadableStream};

use crate::tasks::{kept, sleep};

/// The Durable Object binding's name in wrangler.toml.
const BINDING: &str = "COORDINATOR";

#[wasm_bindgen(module = "/src/coordinator/call.js")]
extern "C" {
    /// Sends bytes to the object of this name and returns those that it answers with, and the body that follows them.
    fn send(namespace: &JsValue, name: &str, message: &[u8]) -> Promise;
}

/// How often a question is put, the first time included.
const MAX_CALLS: u32 = 3;

/// The longest pause before a question is put again, in milliseconds. Short: someone waits.
const MAX_PAUSE_MS: u64 = 100;

/// The object gave no answer.
#[derive(Debug, Error)]
pub enum Unreachable {
    /// The platform says so.
    #[error("the object did not answer: {0}")]
    Platform(#[from] worker::Error),
    /// It took longer than a client can be asked to wait.
    #[error("the object did not answer in time")]
    Deadline,
    /// It answered in another release's words.
    #[error(transparent)]
    Message(#[from] MessageError),
}

/// Puts `message` to the object of `key`. Whoever asks sets a deadline.
///
/// The platform marks errors after which the same question may be put again, to a new stub: the object
/// moved, or its machine went away. An overloaded object is left alone. (Cloudflare: Durable Objects, "Error
/// handling".)
pub async fn ask<T: ReplyKind>(
    env: &Env,
    key: &CompositeKey,
    message: &Message,
) -> Result<Result<T, Silence>, Unreachable> {
    let reply = call(env, key, || message.encode(), || message.encode()).await?;
    Ok(Reply::decode(&reply.to_vec())?.0)
}

/// The reply to a claim, and the body that follows it if that is streamed.
pub type Followed = (Result<Claimed, Silence>, Option<ReadableStream>);

/// Puts a claim to the object of `key`, as [`ask`] does.
pub async fn claim(env: &Env, key: &CompositeKey, asked: &Asked) -> Result<Followed, Unreachable> {
    // What went wrong on purpose is not to go wrong once more.
    let again = || asked.without_faults().encode_claim();
    let bytes = call(env, key, || asked.encode_claim(), again).await?;
    let reply = Reply::<Claimed>::decode(&bytes.to_vec())?.0;
    // Most replies have none, and need not be looked at for it.
    let may_be_followed = reply.as_ref().is_ok_and(Claimed::passes_on);
    let body = may_be_followed.then(|| Reflect::get(&bytes, &JsValue::from_str("body")));
    let body = body.and_then(Result::ok).filter(JsValue::is_object);
    Ok((reply, body.map(JsCast::unchecked_into)))
}

/// Puts the question that `first` writes; or, where that may be put once more, the one that `again` writes.
async fn call(
    env: &Env,
    key: &CompositeKey,
    first: impl FnOnce() -> Result<Vec<u8>, MessageError>,
    again: impl Fn() -> Result<Vec<u8>, MessageError>,
) -> Result<Uint8Array, Unreachable> {
    let mut call = 1;
    let mut message = first()?;
    loop {
        match fetch(env, key, &message).await {
            Err(Unreachable::Platform(error))
                if call < MAX_CALLS && is(&error, "retryable") && !is(&error, "overloaded") =>
            {
                call = call.saturating_add(1);
                pause().await;
                message = again()?;
            }
            settled => return settled,
        }
    }
}

async fn fetch(env: &Env, key: &CompositeKey, message: &[u8]) -> Result<Uint8Array, Unreachable> {
    let namespace = Reflect::get(env, &JsValue::from_str(BINDING)).map_err(worker::Error::from)?;
    let sent = send(&namespace, &key.object_name(), message);
    let reply = kept(&sent).await.map_err(worker::Error::from)?;
    Ok(reply.unchecked_into())
}

fn is(error: &worker::Error, property: &str) -> bool {
    let worker::Error::UnknownJsError { original, .. } = error else {
        return false;
    };
    Reflect::get(original, &JsValue::from_str(property)).is_ok_and(|value| value.is_truthy())
}

/// Any length up to the longest, so that those who were interrupted together do not return together.
async fn pause() {
    let ms = getrandom::u64().unwrap_or_default() % MAX_PAUSE_MS;
    sleep(ms).await;
}
