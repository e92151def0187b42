//! Requests that the service itself sends: to its objects, to its files, to an issuer and to a webhook.
//!
//! They are made with what the platform has. `worker`'s own `RequestInit` writes, with each request, everything that
//! Cloudflare's network can do to an image, which is 16 kB of code.

use wasm_bindgen::JsCast;
use worker::{
    Request, Response, js_sys, wasm_bindgen,
    wasm_bindgen_futures::JsFuture,
    web_sys::{self, RequestInit, RequestRedirect, WorkerGlobalScope},
};

/// What a request has beside its URL. No answer leads to another address: it would be one that nobody configured.
#[must_use]
pub fn init() -> RequestInit {
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    init
}

/// A request, for a binding that takes one.
pub fn request(url: &str, init: &RequestInit) -> worker::Result<Request> {
    Ok(web_sys::Request::new_with_str_and_init(url, init)?.into())
}

/// A request with this content.
pub fn post(url: &str, content: &js_sys::Uint8Array) -> worker::Result<Request> {
    let init = init();
    init.set_method("POST");
    init.set_body(content);
    request(url, &init)
}

/// The answer from elsewhere on the network.
pub async fn fetch(url: &str, init: &RequestInit) -> worker::Result<Response> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let answer = JsFuture::from(global.fetch_with_str_and_init(url, init)).await?;
    Ok(answer.dyn_into::<web_sys::Response>()?.into())
}
