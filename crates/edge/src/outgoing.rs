//! Requests that the service itself sends: to its objects, to its files, to an issuer and to a webhook.
//!
//! Another party's answer may never come, never end or be endless: whoever asks sets a deadline, and a bound on what is
//! read. What is dropped is cancelled.
//!
//! They are made with what the platform has. `worker`'s own `RequestInit` writes, with each request, everything that
//! Cloudflare's network can do to an image, which is 16 kB of code.

use futures_util::{Stream, StreamExt};
use wasm_bindgen::JsCast;
use worker::{
    ByteStream, Request, js_sys, wasm_bindgen,
    web_sys::{
        self, AbortController, AbortSignal, RequestInit, RequestRedirect, Response,
        WorkerGlobalScope,
    },
};

use crate::tasks::kept;

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

/// Another party's answer, from its head on.
pub struct Incoming {
    response: Response,
    _connection: Connection,
}

/// What is under way: when this is dropped, the platform does not wait for any more of it.
pub struct Connection {
    controller: AbortController,
    is_handed_over: bool,
}

impl Connection {
    /// Nothing is under way yet.
    pub fn new() -> worker::Result<Self> {
        Ok(Self {
            controller: AbortController::new()?,
            is_handed_over: false,
        })
    }

    /// What the request takes that is to end with this.
    #[must_use]
    pub fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// Goes on until somebody else ends it.
    pub fn hand_over(mut self) {
        self.is_handed_over = true;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_handed_over {
            self.controller.abort();
        }
    }
}

/// Asks somebody elsewhere on the network.
pub async fn fetch(url: &str, init: &RequestInit) -> worker::Result<Incoming> {
    let connection = Connection::new()?;
    init.set_signal(Some(&connection.signal()));
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = kept(&global.fetch_with_str_and_init(url, init)).await?;
    Ok(Incoming {
        response: response.dyn_into()?,
        _connection: connection,
    })
}

impl Incoming {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// The content, or nothing if it has more than `max_bytes`.
    pub async fn content(self, max_bytes: usize) -> worker::Result<Option<Vec<u8>>> {
        match self.response.body() {
            Some(stream) => up_to(max_bytes, &mut ByteStream::from(stream)).await,
            None => Ok(Some(Vec::new())),
        }
    }
}

/// All bytes of `stream`, or nothing if they are more than `max_bytes`: no more of them are kept.
pub async fn up_to(
    max_bytes: usize,
    stream: &mut (impl Stream<Item = worker::Result<Vec<u8>>> + Unpin),
) -> worker::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > max_bytes {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}
