//! The class of the Durable Object, as `packages/worker/index.js` calls it: messages in, messages out.
//!
//! The `worker` crate's macro would have a request and a response in their place, each of which crosses between wasm
//! and JavaScript several times.

use std::rc::Rc;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{
    Env, State,
    js_sys::Uint8Array,
    web_sys::{ReadableStream, Response},
    worker_sys::DurableObjectState,
};

use super::object::Object;
use crate::{
    operation::{Operations, Streaming},
    tasks::promptly,
};

#[wasm_bindgen(module = "/src/coordinator/call.js")]
extern "C" {
    /// The response whose first bytes are a reply, and whose other bytes are the body that follows it.
    #[wasm_bindgen(catch)]
    fn followed(reply_bytes: usize, stream: &ReadableStream) -> Result<Response, JsValue>;
}

/// One caller's one key.
#[wasm_bindgen]
pub struct Coordinator(Rc<Object>);

impl Coordinator {
    /// An object that the platform has made, or woken.
    #[must_use]
    pub fn new(operations: Rc<Operations>, state: DurableObjectState, env: Env) -> Self {
        Self(Rc::new(Object::new(operations, State::from(state), env)))
    }
}

#[wasm_bindgen]
impl Coordinator {
    /// The bytes of a reply, or the response with a reply and the body that follows it; or a promise of either.
    #[must_use]
    pub fn answer(&self, message: Vec<u8>) -> JsValue {
        let object = self.0.clone();
        promptly(async move {
            let streaming = Streaming::default();
            let reply = object.answer(&message, &streaming).await?;
            Ok(match streaming.take() {
                None => Uint8Array::from(reply.as_slice()).into(),
                Some(body) => followed(reply.len(), &body.after(&reply))?.into(),
            })
        })
    }

    /// The object's alarm rings.
    #[must_use]
    pub fn alarm(&self) -> JsValue {
        let object = self.0.clone();
        promptly(async move {
            object.ring().await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}
