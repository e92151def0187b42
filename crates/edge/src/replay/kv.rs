//! Copies in KV, for when the object is slow or cannot be reached.

use idempotency_core::{
    CompositeKey,
    lifecycle::{DecodeError, Fingerprint, Record, UnixMillis, decode, encode, frame},
};
use subtle::ConstantTimeEq;
use thiserror::Error;
use worker::Env;

use super::judge::{Judgement, judge};
use crate::{async_kv::Kv, clock, settings::Settings};

/// The KV binding's name in wrangler.toml.
const BINDING: &str = "REPLAYS";

/// KV takes no value that expires sooner, in milliseconds. (Cloudflare: KV, "Expiring keys".)
const MIN_TO_LIVE_MS: u64 = 60_000;

/// A copy could not be written or read.
#[derive(Debug, Error)]
pub enum CopyError {
    /// There is no such namespace, or KV refused.
    #[error(transparent)]
    Kv(#[from] worker::Error),
    /// The copy is damaged, another key's, or was made with another secret.
    #[error("the copy's seal does not fit")]
    Seal,
    /// The copy is not one of this release.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The record cannot be written.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
}

/// What KV remembers of `key`, for a request for `operation` with `fingerprint`.
pub async fn look_up(
    env: &Env,
    settings: &Settings,
    key: &CompositeKey,
    operation: &str,
    fingerprint: Fingerprint,
) -> Result<Option<Judgement>, CopyError> {
    let copy = Kv::of(env, BINDING)?.get(&key.copy_key()).await?;
    match copy {
        Some(bytes) => {
            let copy = open(&settings.replay_secret, key, &bytes)?;
            // The time at which KV has answered: until then, the copy may have expired.
            Ok(judge(&copy, operation, fingerprint, clock::now()))
        }
        None => Ok(None),
    }
}

/// Keeps a copy of a completed record until the record expires, unless that is too soon for KV.
pub async fn keep(
    env: &Env,
    settings: &Settings,
    key: &CompositeKey,
    record: &Record,
    now: UnixMillis,
) -> Result<(), CopyError> {
    if now.ms_until(record.expires_at) < MIN_TO_LIVE_MS {
        return Ok(());
    }
    let copy = sealed(&settings.replay_secret, key, record)?;
    let expiry_s = record.expires_at.0.div_ceil(1000);
    Kv::of(env, BINDING)?
        .put(&key.copy_key(), &copy, expiry_s)
        .await?;
    Ok(())
}

/// Deletes the copy of `key`.
pub async fn forget(env: &Env, key: &CompositeKey) -> Result<(), CopyError> {
    Ok(Kv::of(env, BINDING)?.delete(&key.copy_key()).await?)
}

/// The value in KV: a frame whose head is the seal and whose body is the record.
pub(super) fn sealed(
    secret: &[u8; 32],
    key: &CompositeKey,
    record: &Record,
) -> Result<Vec<u8>, serde_json::Error> {
    let record = encode(record)?;
    frame::join(&key.seal(secret, &record), &record)
}

/// The record in a copy, if the copy is of `key` and as it was written.
pub(super) fn open(
    secret: &[u8; 32],
    key: &CompositeKey,
    copy: &[u8],
) -> Result<Record, CopyError> {
    let (seal, record) = frame::split(copy).ok_or(CopyError::Seal)?;
    let seal: String = serde_json::from_slice(seal).map_err(|_| CopyError::Seal)?;
    let right = key.seal(secret, record);
    if bool::from(seal.as_bytes().ct_eq(right.as_bytes())) {
        Ok(decode(record)?)
    } else {
        Err(CopyError::Seal)
    }
}

#[cfg(test)]
mod tests {
    use idempotency_core::{
        IdempotencyKey, Scope,
        lifecycle::{OperationId, Repeat, SavedResponse, Status},
    };

    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    #[test]
    fn a_copy_opens_with_its_own_key_and_secret_only() {
        let (ours, theirs) = (key("a"), key("b"));
        let copy = sealed(&SECRET, &ours, &record()).unwrap();

        assert_eq!(open(&SECRET, &ours, &copy).unwrap(), record());
        for opened in [open(&SECRET, &theirs, &copy), open(&[8; 32], &ours, &copy)] {
            assert!(matches!(opened, Err(CopyError::Seal)));
        }
    }

    #[test]
    fn a_copy_with_any_byte_changed_or_missing_does_not_open() {
        let copy = sealed(&SECRET, &key("a"), &record()).unwrap();
        let open = |bytes: &[u8]| open(&SECRET, &key("a"), bytes);

        for at in 0..copy.len() {
            let mut changed = copy.clone();
            changed[at] ^= 1;
            assert!(open(&changed).is_err(), "byte {at} changed");
            assert!(open(&copy[..at]).is_err(), "cut at {at}");
        }
    }

    fn key(caller: &str) -> CompositeKey {
        let key = IdempotencyKey::parse(
            "00000000-0000-4000-8000-000000000000",
            idempotency_core::KeyForm::Uuid4,
        )
        .unwrap();
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
            repeat: Repeat::SameId,
            trace_id: None,
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
