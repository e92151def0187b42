//! The class of the Durable Object, as `packages/worker/index.js` calls it: messages in, messages out.
//!
//! The `worker` crate's macro would have a request and a response in their place, each of which crosses between wasm
//! and JavaScript several times.

use std::rc::Rc;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Env, State, js_sys::Uint8Array, worker_sys::DurableObjectState};

use super::object::Object;
use crate::{operation::Operations, promptly::promptly};

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
    /// The bytes of a reply, or a promise of them.
    #[must_use]
    pub fn answer(&self, message: Vec<u8>) -> JsValue {
        let object = self.0.clone();
        promptly(
            async move { Ok(Uint8Array::from(object.answer(&message).await?.as_slice()).into()) },
        )
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
