//! How a record is written, in the object's storage and in a replay copy: a frame whose head is the format's
//! version, a digest and the record, and whose body is the saved response's content.
//!
//! The digest is over the record and the content. One wrong digit in an expiry or an operation id would still be a
//! record, by which the operation could happen a second time and nobody would be told.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use super::{History, Record, Status, frame};
use crate::digest::{digest, hex};

/// Goes up when a reader of the old format would misread the new one. Worker and object may run different
/// versions while a deployment rolls out (Cloudflare: gradual deployments, Durable Objects).
///
/// Version 1 had no digest.
pub const FORMAT_VERSION: u32 = 2;

#[derive(Serialize)]
struct HeadOut<'a> {
    version: u32,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'a History>,
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct HistoryIn {
    #[serde(default)]
    history: History,
}

#[derive(Deserialize)]
struct HeadIn<'a> {
    version: u32,
    digest: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct VersionIn {
    version: u32,
}

/// Bytes that are no record of this version.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// There is no head: the bytes were cut, or are something else.
    #[error("the stored record has no head")]
    NoHead,
    /// The head is JSON of another format version.
    #[error("the stored record has format version {0}, this release reads {FORMAT_VERSION}")]
    OtherVersion(u32),
    /// The head is not what this version writes.
    #[error("the stored record's head cannot be read: {0}")]
    Head(#[from] serde_json::Error),
    /// The record or the content is not what was written.
    #[error("the stored record is damaged: its digest does not fit")]
    Damaged,
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
    let body = match &record.status {
        Status::Completed { response } => response.body.as_slice(),
        Status::Processing { .. } | Status::Failed => &[],
    };
    let record = to_raw_value(record)?;
    let head = HeadOut {
        version: FORMAT_VERSION,
        digest: digest_of(&record, body),
        record: &record,
        history,
    };
    frame::join(&head, body)
}

/// Reads what `encode` wrote.
pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let (head, body) = frame::split(bytes).ok_or(DecodeError::NoHead)?;
    let HeadIn {
        version,
        digest,
        record,
    } = serde_json::from_slice(head).map_err(|error| unreadable(head, error))?;
    if version != FORMAT_VERSION {
        return Err(DecodeError::OtherVersion(version));
    }
    if digest != digest_of(record, body) {
        return Err(DecodeError::Damaged);
    }
    let mut record: Record = serde_json::from_slice(record.get().as_bytes())?;
    if let Status::Completed { response } = &mut record.status {
        response.body = body.to_vec();
    }
    Ok(record)
}

/// The history in what `encode_with` wrote; an empty one, if there is none.
#[must_use]
pub fn history(bytes: &[u8]) -> History {
    frame::split(bytes)
        .and_then(|(head, _)| serde_json::from_slice(head).ok())
        .map_or_else(History::default, |HistoryIn { history }| history)
}

fn digest_of(record: &RawValue, body: &[u8]) -> String {
    hex(&digest(&[record.get().as_bytes(), body]))
}

/// A head of another version need not have this version's members; say so rather than name a member.
fn unreadable(head: &[u8], error: serde_json::Error) -> DecodeError {
    match serde_json::from_slice(head) {
        Ok(VersionIn { version }) if version != FORMAT_VERSION => {
            DecodeError::OtherVersion(version)
        }
        Ok(_) | Err(_) => DecodeError::Head(error),
    }
}
