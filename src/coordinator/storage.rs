//! What the object stores: its record, as one value.

use worker::State;

use crate::{
    lifecycle::{DecodeError, History, Record, UnixMillis, decode, encode_with, history},
    sync_kv::{SyncKv, SyncKvError},
    telemetry::Place,
};

/// The one key there is.
const RECORD: &str = "record";

impl From<StorageError> for worker::Error {
    fn from(error: StorageError) -> Self {
        Self::RustError(error.to_string())
    }
}

/// The storage of one object.
pub struct RecordStorage(SyncKv);

/// A record as it is stored.
pub struct Stored {
    /// The record, expired or not.
    pub record: Record,
    bytes: Vec<u8>,
}

impl Stored {
    /// How the record came to be what it is.
    #[must_use]
    pub fn history(&self) -> History {
        history(&self.bytes)
    }

    /// Where it counts.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(&self.record, self.bytes.len())
    }
}

/// The record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The platform refused.
    #[error(transparent)]
    Platform(#[from] SyncKvError),
    /// What is stored is no record of this release.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The record cannot be written.
    #[error("the record cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl RecordStorage {
    /// The storage of the object that `state` belongs to.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self(SyncKv::of(state))
    }

    /// What is stored.
    pub fn load(&self) -> Result<Option<Stored>, StorageError> {
        let Some(bytes) = self.0.get(RECORD)? else {
            return Ok(None);
        };
        let record = decode(&bytes)?;
        Ok(Some(Stored { record, bytes }))
    }

    /// Writes the record and how it came to be in the place of the one before; returns where it counts now.
    pub fn store(&self, record: &Record, history: &History) -> Result<Place, StorageError> {
        let bytes = encode_with(record, history)?;
        self.0.put(RECORD, &bytes)?;
        Ok(Place::of(record, bytes.len()))
    }

    /// Sets the object's one alarm.
    pub fn ring_at(&self, time: UnixMillis) -> Result<(), StorageError> {
        Ok(self.0.ring_at(time)?)
    }
}
