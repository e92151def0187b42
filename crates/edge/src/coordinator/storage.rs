//! What the object stores: its record, as one value. Beside it, if it cannot be read, since when that is known.

use idempotency_core::{
    digest::{hex, sha256},
    lifecycle::{DecodeError, History, Record, UnixMillis, decode, encode_with, history},
};
use serde::{Deserialize, Serialize};
use worker::State;

use crate::{
    sync_kv::{SyncKv, SyncKvError},
    telemetry::Place,
};

/// The key of the record.
const RECORD: &str = "record";

/// The key of what is noted of a record that cannot be read.
const UNREADABLE: &str = "unreadable";

/// What is noted of a record that cannot be read.
#[derive(Deserialize, Serialize)]
struct Unreadable {
    /// When the alarm met it first.
    since: UnixMillis,
    /// SHA-256 over what is stored in the record's place, in hex: of another record, nothing is known.
    digest: String,
}

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
    pub fn place(&self) -> Option<Place> {
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
    pub fn store(&self, record: &Record, history: &History) -> Result<Option<Place>, StorageError> {
        let bytes = encode_with(record, history)?;
        self.0.put(RECORD, &bytes)?;
        Ok(Place::of(record, bytes.len()))
    }

    /// Since when the alarm has known that it cannot read what is stored. That is `now`, if nothing was noted of it.
    pub fn unreadable_since(&self, now: UnixMillis) -> Result<UnixMillis, StorageError> {
        let stored = self.0.get(RECORD)?.unwrap_or_default();
        let digest = hex(&sha256(&stored));
        let noted = self.0.get(UNREADABLE)?;
        let noted = noted.and_then(|note| serde_json::from_slice::<Unreadable>(&note).ok());
        if let Some(noted) = noted.filter(|noted| noted.digest == digest) {
            return Ok(noted.since);
        }
        let note = Unreadable { since: now, digest };
        self.0.put(UNREADABLE, &serde_json::to_vec(&note)?)?;
        Ok(now)
    }

    /// Sets the object's one alarm.
    pub fn ring_at(&self, time: UnixMillis) -> Result<(), StorageError> {
        Ok(self.0.ring_at(time)?)
    }
}
