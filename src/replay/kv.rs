//! Copies in KV, for when the object is slow or cannot be reached.

use thiserror::Error;
use worker::{Env, kv::KvError};

use super::judge::{Found, judge};
use crate::{
    coordinator::CompositeKey,
    lifecycle::{DecodeError, Fingerprint, Record, UnixMillis, decode, encode, frame},
};

/// The KV binding's name in wrangler.toml.
const BINDING: &str = "REPLAYS";

/// KV takes no value that expires sooner, in milliseconds. (Cloudflare: KV, "Expiring keys".)
const MIN_TO_LIVE_MS: u64 = 60_000;

/// A copy could not be written or read.
#[derive(Debug, Error)]
pub enum CopyError {
    /// There is no such namespace.
    #[error(transparent)]
    Binding(#[from] worker::Error),
    /// KV refused.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// The copy is damaged, or another key's.
    #[error("the copy's seal does not fit")]
    Seal,
    /// The copy is not one of this release.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The record cannot be written.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
}

/// What KV remembers of `key`.
pub async fn look_up(
    env: &Env,
    key: &CompositeKey,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> Result<Option<Found>, CopyError> {
    let copy = env.kv(BINDING)?.get(&key.copy_key()).bytes().await?;
    match copy {
        Some(bytes) => Ok(judge(&open(key, &bytes)?, fingerprint, now)),
        None => Ok(None),
    }
}

/// Keeps a copy of a completed record until the record expires, unless that is too soon for KV.
pub async fn keep(
    env: &Env,
    key: &CompositeKey,
    record: &Record,
    now: UnixMillis,
) -> Result<(), CopyError> {
    if now.ms_until(record.expires_at) < MIN_TO_LIVE_MS {
        return Ok(());
    }
    env.kv(BINDING)?
        .put_bytes(&key.copy_key(), &sealed(key, record)?)?
        .expiration(record.expires_at.0.div_ceil(1000))
        .execute()
        .await?;
    Ok(())
}

/// The value in KV: a frame whose head is the seal and whose body is the record.
pub(super) fn sealed(key: &CompositeKey, record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    let record = encode(record)?;
    frame::join(&key.seal(&record), &record)
}

/// The record in a copy, if the copy is of `key` and as it was written.
pub(super) fn open(key: &CompositeKey, copy: &[u8]) -> Result<Record, CopyError> {
    let (seal, record) = frame::split(copy).ok_or(CopyError::Seal)?;
    match serde_json::from_slice::<String>(seal) {
        Ok(seal) if seal == key.seal(record) => Ok(decode(record)?),
        Ok(_) | Err(_) => Err(CopyError::Seal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        coordinator::{IdempotencyKey, Scope},
        lifecycle::{OperationId, SavedResponse, Status},
    };

    #[test]
    fn a_copy_opens_with_its_own_key_only() {
        let (ours, theirs) = (key("a"), key("b"));
        let copy = sealed(&ours, &record()).unwrap();

        assert_eq!(open(&ours, &copy).unwrap(), record());
        assert!(matches!(open(&theirs, &copy), Err(CopyError::Seal)));
    }

    #[test]
    fn a_copy_with_any_byte_changed_or_missing_does_not_open() {
        let copy = sealed(&key("a"), &record()).unwrap();

        for at in 0..copy.len() {
            let mut changed = copy.clone();
            changed[at] ^= 1;
            assert!(open(&key("a"), &changed).is_err(), "byte {at} changed");
            assert!(open(&key("a"), &copy[..at]).is_err(), "cut at {at}");
        }
    }

    fn key(caller: &str) -> CompositeKey {
        let key = IdempotencyKey::parse("00000000-0000-4000-8000-000000000000").unwrap();
        CompositeKey::new(&Scope::of_token(caller), &key)
    }

    fn record() -> Record {
        Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint([1; 32]),
            attempts: 1,
            created_at: UnixMillis(1),
            updated_at: UnixMillis(2),
            expires_at: UnixMillis(3),
            status: Status::Completed {
                response: SavedResponse {
                    status: 201,
                    headers: Vec::new(),
                    body: b"the answer".to_vec(),
                },
            },
        }
    }
}
