//! The object's storage: one value, in the synchronous key-value API of SQLite-backed objects.
//!
//! Synchronous, because what is written without an await in between is written as one transaction, and
//! nothing else happens in the object meanwhile. The record is one row, its alarm another; as SQL the record
//! would be billed as several.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use worker::{State, js_sys, wasm_bindgen};

use crate::lifecycle::{DecodeError, Record, UnixMillis, decode, encode};

/// The one key there is.
const RECORD: &str = "record";

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`, as far as the `worker` crate does not bind it.
    #[derive(Clone)]
    type RawStorage;
    /// `SyncKvStorage`
    type SyncKv;

    #[wasm_bindgen(method, getter, catch)]
    fn kv(this: &RawStorage) -> Result<SyncKv, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn get(this: &SyncKv, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &SyncKv, key: &str, value: &Uint8Array) -> Result<(), JsValue>;
    // The promise is not awaited: the write counts from the call on, and should it fail, the object is reset
    // before any answer leaves.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &RawStorage, unix_ms: f64) -> Result<JsValue, JsValue>;
}

impl From<StorageError> for worker::Error {
    fn from(error: StorageError) -> Self {
        Self::RustError(error.to_string())
    }
}

/// The storage of one object.
pub struct RecordStorage(RawStorage);

/// The record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The platform refused.
    #[error("the object's storage failed: {0}")]
    Platform(worker::Error),
    /// What is stored is no record of this release.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The record cannot be written.
    #[error("the record cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl From<JsValue> for StorageError {
    fn from(error: JsValue) -> Self {
        Self::Platform(error.into())
    }
}

impl RecordStorage {
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

    /// The record, expired or not.
    pub fn load(&self) -> Result<Option<Record>, StorageError> {
        let value = self.0.kv()?.get(RECORD)?;
        if value.is_undefined() {
            return Ok(None);
        }
        Ok(Some(decode(&Uint8Array::new(&value).to_vec())?))
    }

    /// Writes the record in the place of the one before.
    pub fn store(&self, record: &Record) -> Result<(), StorageError> {
        let bytes = encode(record)?;
        self.0
            .kv()?
            .put(RECORD, &Uint8Array::from(bytes.as_slice()))?;
        Ok(())
    }

    /// Sets the object's one alarm.
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    pub fn ring_at(&self, time: UnixMillis) -> Result<(), StorageError> {
        self.0.set_alarm(time.0 as f64)?;
        Ok(())
    }
}
