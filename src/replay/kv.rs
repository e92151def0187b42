//! Copies in KV, for when the object is slow or cannot be reached.

use thiserror::Error;
use worker::{Env, kv::KvError};

use super::judge::{Found, judge};
use crate::{
    coordinator::CompositeKey,
    lifecycle::{DecodeError, Fingerprint, Record, UnixMillis, decode, encode},
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
        Some(bytes) => Ok(judge(&decode(&bytes)?, fingerprint, now)),
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
        .put_bytes(&key.copy_key(), &encode(record)?)?
        .expiration(record.expires_at.0.div_ceil(1000))
        .execute()
        .await?;
    Ok(())
}
