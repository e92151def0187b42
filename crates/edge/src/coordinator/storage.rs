//! What the object stores: its record, as one value. Beside it, if it cannot be read, since when that is known.

use std::{cell::RefCell, rc::Rc};

use idempotency_core::{
    digest::{hex, sha256},
    lifecycle::{DecodeError, History, Record, UnixMillis, decode_with, encode_with},
};
use serde::{Deserialize, Serialize};
use worker::State;

use crate::{
    sync_kv::{SyncKv, SyncKvError},
    telemetry::Place,
};

/// How long a record may be, in bytes, if it is to be remembered: an isolate may have thousands of objects.
const MAX_KNOWN_BYTES: usize = 2048;

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

/// The storage of one object. Nobody writes there but this instance of the object, so what it has read or written last is what
/// is stored. Should a write fail after all, the platform resets the object, and the next instance knows nothing.
pub struct RecordStorage {
    kv: SyncKv,
    known: RefCell<Known>,
}

/// What is known of what is stored.
#[derive(Clone, Default)]
enum Known {
    #[default]
    Nothing,
    Empty,
    Record(Rc<Stored>),
}

/// A record as it is stored.
pub struct Stored {
    /// The record, expired or not.
    pub record: Record,
    /// How it came to be what it is.
    pub history: History,
    bytes: usize,
}

impl Stored {
    /// Its record and history.
    #[must_use]
    pub fn parts(&self) -> (Record, History) {
        (self.record.clone(), self.history.clone())
    }

    /// Where it counts.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        Place::of(&self.record, self.bytes)
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
        Self {
            kv: SyncKv::of(state),
            known: RefCell::default(),
        }
    }

    /// What is stored.
    pub fn load(&self) -> Result<Option<Rc<Stored>>, StorageError> {
        let known = self.known.borrow().clone();
        Ok(match known {
            Known::Record(stored) => Some(stored),
            Known::Empty => None,
            Known::Nothing => {
                let stored = self.kv.get(RECORD)?.map(|bytes| read(&bytes));
                let stored = stored.transpose()?;
                self.remember(stored.clone());
                stored
            }
        })
    }

    fn remember(&self, stored: Option<Rc<Stored>>) {
        self.known.replace(match stored {
            None => Known::Empty,
            Some(stored) if stored.bytes > MAX_KNOWN_BYTES => Known::Nothing,
            Some(stored) => Known::Record(stored),
        });
    }

    /// Everything is about to be deleted.
    pub fn forget(&self) {
        self.known.replace(Known::Nothing);
    }

    /// Writes the record and how it came to be in the place of the one before; returns where it counts now.
    pub fn store(&self, record: &Record, history: History) -> Result<Option<Place>, StorageError> {
        let bytes = encode_with(record, &history)?;
        self.forget();
        self.kv.put(RECORD, &bytes)?;
        let stored = Stored {
            record: record.clone(),
            history,
            bytes: bytes.len(),
        };
        let place = stored.place();
        self.remember(Some(Rc::new(stored)));
        Ok(place)
    }

    /// Since when the alarm has known that it cannot read what is stored. That is `now`, if nothing was noted of it.
    pub fn unreadable_since(&self, now: UnixMillis) -> Result<UnixMillis, StorageError> {
        let stored = self.kv.get(RECORD)?.unwrap_or_default();
        let digest = hex(&sha256(&stored));
        let noted = self.kv.get(UNREADABLE)?;
        let noted = noted.and_then(|note| serde_json::from_slice::<Unreadable>(&note).ok());
        if let Some(noted) = noted.filter(|noted| noted.digest == digest) {
            return Ok(noted.since);
        }
        let note = Unreadable { since: now, digest };
        self.kv.put(UNREADABLE, &serde_json::to_vec(&note)?)?;
        Ok(now)
    }

    /// Sets the object's one alarm.
    pub fn ring_at(&self, time: UnixMillis) -> Result<(), StorageError> {
        Ok(self.kv.ring_at(time)?)
    }
}

fn read(bytes: &[u8]) -> Result<Rc<Stored>, DecodeError> {
    let (record, history) = decode_with(bytes)?;
    let bytes = bytes.len();
    Ok(Rc::new(Stored {
        record,
        history,
        bytes,
    }))
}
