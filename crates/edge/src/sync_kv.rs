//! The synchronous key-value API of SQLite-backed objects, which the `worker` crate does not bind, and the alarm.
//!
//! Synchronous, because what is written without an await in between is written as one transaction, and nothing
//! else happens in the object meanwhile. A value is one billed row, the alarm another; as SQL a value would be
//! billed as several.

use idempotency_core::lifecycle::UnixMillis;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use worker::{State, js_sys, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`
    #[derive(Clone)]
    type RawStorage;
    /// `SyncKvStorage`
    type RawKv;

    #[wasm_bindgen(method, getter, catch)]
    fn kv(this: &RawStorage) -> Result<RawKv, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn get(this: &RawKv, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &RawKv, key: &str, value: &Uint8Array) -> Result<(), JsValue>;
    // The promise is not awaited: the write counts from the call on, and should it fail, the object is reset
    // before any answer leaves.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &RawStorage, unix_ms: f64) -> Result<JsValue, JsValue>;
}

/// The platform refused.
#[derive(Debug, thiserror::Error)]
#[error("the object's storage failed: {0}")]
pub struct SyncKvError(worker::Error);

impl From<JsValue> for SyncKvError {
    fn from(error: JsValue) -> Self {
        Self(error.into())
    }
}

/// The storage of one object.
pub struct SyncKv(RawStorage);

impl SyncKv {
    /// The storage of the object that `state` belongs to.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self(
            state
                .storage()
                .as_raw()
                .unchecked_ref::<RawStorage>()
                .clone(),
        )
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SyncKvError> {
        let value = self.0.kv()?.get(key)?;
        Ok((!value.is_undefined()).then(|| Uint8Array::new(&value).to_vec()))
    }

    /// Writes `value` in the place of the one before.
    pub fn put(&self, key: &str, value: &[u8]) -> Result<(), SyncKvError> {
        self.0.kv()?.put(key, &Uint8Array::from(value))?;
        Ok(())
    }

    /// Sets the object's one alarm.
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    pub fn ring_at(&self, time: UnixMillis) -> Result<(), SyncKvError> {
        self.0.set_alarm(time.0 as f64)?;
        Ok(())
    }
}
