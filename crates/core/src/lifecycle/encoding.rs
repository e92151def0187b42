//! How a record is written, in the object's storage and in a replay copy: a frame whose head is the format's
//! version, a digest and the record, and whose body is the saved response's content.
//!
//! The digest is over the record and the content. One wrong digit in an expiry or an operation id would still be a
//! record, by which the operation could happen a second time and nobody would be told.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use super::{History, Record, Repeat, Status, frame};
use crate::digest::{digest, hex};

/// The format that is written. Goes up when a reader of the old format would misread the new one, in the release after
/// the one that learned to read it: docs/storage.md, "Wire formats".
pub const FORMAT_VERSION: u32 = 2;

/// The format of records that a reader of [`FORMAT_VERSION`] would misread, and no other: it knows neither that an
/// attempt must not be repeated nor the statuses that come of that. It leaves them as they are and executes nothing.
pub const FORMAT_VERSION_UNREPEATED: u32 = 3;

/// The format before, which is read too. It had no digest.
const FORMAT_BEFORE: u32 = 1;

#[derive(Serialize)]
struct HeadOut<'a> {
    version: u32,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'a History>,
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct HeadIn<'a> {
    version: u32,
    digest: Option<String>,
    #[serde(default, borrow)]
    history: Option<&'a RawValue>,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Bytes that are no record which this release reads.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// There is no head: the bytes were cut, or are something else.
    #[error("the stored record has no head")]
    NoHead,
    /// The head is JSON of another format version.
    #[error(
        "the stored record has format version {0}, this release reads {FORMAT_BEFORE} to {FORMAT_VERSION_UNREPEATED}"
    )]
    OtherVersion(u32),
    /// The head is not what this version writes.
    #[error("the stored record's head cannot be read: {0}")]
    Head(#[from] serde_json::Error),
    /// The record or the content is not what was written.
    #[error("the stored record is damaged: its digest does not fit")]
    Damaged,
}

impl DecodeError {
    /// Whether a later release can be expected to read the record.
    #[must_use]
    pub const fn is_of_a_later_release(&self) -> bool {
        matches!(self, Self::OtherVersion(version) if *version > FORMAT_VERSION_UNREPEATED)
    }
}

/// Writes `record`.
pub fn encode(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    write(record, None)
}

/// Writes `record` and how it came to be. Whoever only wants the record need not know.
pub fn encode_with(record: &Record, history: &History) -> Result<Vec<u8>, serde_json::Error> {
    write(record, Some(history))
}

fn write(record: &Record, history: Option<&History>) -> Result<Vec<u8>, serde_json::Error> {
    let body = record.status.body();
    let version = version_of(record);
    let record = to_raw_value(record)?;
    let head = HeadOut {
        version,
        digest: digest_of(&record, body),
        record: &record,
        history,
    };
    frame::join(&head, body)
}

const fn version_of(record: &Record) -> u32 {
    match (record.repeat, &record.status) {
        (Repeat::Resend | Repeat::Probe | Repeat::Never, _)
        | (Repeat::SameId, Status::Ambiguous | Status::Forgotten) => FORMAT_VERSION_UNREPEATED,
        (Repeat::SameId, Status::Processing { .. } | Status::Completed { .. } | Status::Failed) => {
            FORMAT_VERSION
        }
    }
}

/// Reads what `encode` wrote, in this release or in the one before.
pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    decode_with(bytes).map(|(record, _)| record)
}

/// Reads what `encode_with` wrote. The history is empty, if there is none.
pub fn decode_with(bytes: &[u8]) -> Result<(Record, History), DecodeError> {
    let (head, body) = frame::split(bytes).ok_or(DecodeError::NoHead)?;
    let HeadIn {
        version,
        digest,
        history,
        record,
    } = serde_json::from_slice(head).map_err(|error| unreadable(head, error))?;
    let is_whole = match version {
        FORMAT_VERSION | FORMAT_VERSION_UNREPEATED => {
            digest.is_some_and(|digest| digest == digest_of(record, body))
        }
        FORMAT_BEFORE => digest.is_none(),
        other => return Err(DecodeError::OtherVersion(other)),
    };
    if !is_whole {
        return Err(DecodeError::Damaged);
    }
    let mut record: Record = serde_json::from_slice(record.get().as_bytes())?;
    if let Status::Completed { response } = &mut record.status {
        response.body = body.to_vec();
    }
    // It decides nothing: one that cannot be read is as good as none.
    let history = history.and_then(|json| serde_json::from_slice(json.get().as_bytes()).ok());
    Ok((record, history.unwrap_or_default()))
}

fn digest_of(record: &RawValue, body: &[u8]) -> String {
    hex(&digest(&[record.get().as_bytes(), body]))
}

/// Says that a head is of another version rather than which member it lacks.
fn unreadable(head: &[u8], error: serde_json::Error) -> DecodeError {
    match frame::version(head) {
        None | Some(FORMAT_BEFORE | FORMAT_VERSION | FORMAT_VERSION_UNREPEATED) => {
            DecodeError::Head(error)
        }
        Some(version) => DecodeError::OtherVersion(version),
    }
}
