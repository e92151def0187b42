//! The body of an answer that is sent as it arrives from another system: events, or more than may be kept.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::web_sys::ReadableStream;

use crate::outgoing::Connection;

#[wasm_bindgen(module = "/src/operation/streamed_body.js")]
extern "C" {
    #[wasm_bindgen(js_name = streamOf)]
    fn stream_of(first: &[u8], unread: &JsValue) -> ReadableStream;
}

/// A body that is still to come. When this is dropped, it does not come any more.
pub struct StreamedBody {
    unread: JsValue,
    connection: Connection,
}

impl StreamedBody {
    /// What is still to come on `connection`. `unread` has the `chunks` that have come, and the `body` with the rest.
    #[must_use]
    pub const fn new(unread: JsValue, connection: Connection) -> Self {
        Self { unread, connection }
    }

    /// The body after these bytes. The connection lasts until whoever reads the stream has read or cancelled it.
    #[must_use]
    pub fn after(self, first: &[u8]) -> ReadableStream {
        self.connection.hand_over();
        stream_of(first, &self.unread)
    }
}

/// Where an operation leaves the body of its answer, or of an answer that it passes on, if that is streamed. The body that
/// the operation returns is empty then, and for retries there is none. All clones are the same place.
#[derive(Clone, Default)]
pub struct Streaming(Rc<RefCell<Option<StreamedBody>>>);

impl Streaming {
    /// Leaves a body.
    pub fn put(&self, body: StreamedBody) {
        self.0.replace(Some(body));
    }

    /// Whether a body was left.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The body that was left.
    #[must_use]
    pub fn take(&self) -> Option<StreamedBody> {
        self.0.take()
    }
}
