//! The issuer's keys, fetched when they are needed and kept for a while.

use std::{cell::RefCell, rc::Rc};

use idempotency_core::lifecycle::UnixMillis;
use thiserror::Error;
use worker::web_sys::CryptoKey;

use super::{
    caller::Caller,
    jwks::Jwk,
    jwt::{Jwt, Lifetime},
    remembered::Remembered,
    signature::{import, verify},
};
use crate::{
    clock, outgoing,
    tasks::{sleep, within},
};

/// How long fetched keys are used without asking again, in milliseconds: how long a key that the issuer has
/// withdrawn may still be used.
const FRESH_MS: u64 = 10 * 60 * 1000;

/// How long they are used if the issuer does not answer.
const STALE_MS: u64 = 60 * 60 * 1000;

/// How soon it is asked again for a key that it did not have, or after it did not answer: a token costs nothing
/// to make up, and must not make us ask each time.
const PAUSE_MS: u64 = 30 * 1000;

/// How long the issuer has to answer.
const DEADLINE_MS: u64 = 5000;

/// How soon a request looks again whether another one's question to the issuer is answered, in milliseconds.
const LOOK_MS: u64 = 20;

/// Longer than any set of keys.
const MAX_BYTES: usize = 64 * 1024;

/// There are no keys to check a token with.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The platform says so.
    #[error("the issuer's keys could not be fetched: {0}")]
    Platform(#[from] worker::Error),
    /// It took too long.
    #[error("the issuer's keys did not come within {DEADLINE_MS} ms")]
    Deadline,
    /// It is not there, or somewhere else, where nobody follows.
    #[error("the issuer's keys were answered with status {0}")]
    Status(u16),
    /// It is not what it should be.
    #[error("what was fetched is no set of keys: {0}")]
    Json(#[from] serde_json::Error),
    /// It is far more than it should be.
    #[error("what was fetched as a set of keys has more than {MAX_BYTES} bytes")]
    TooLong,
    /// The issuer did not answer a moment ago.
    #[error("the issuer's keys could not be fetched a moment ago")]
    Pause,
}

/// A key that is ready to check signatures.
pub struct Key {
    /// What it is.
    pub jwk: Jwk,
    imported: CryptoKey,
}

impl Key {
    /// Whether it has signed the token.
    pub async fn has_signed(&self, jwt: &Jwt<'_>) -> bool {
        let signed = jwt.signed.as_bytes();
        verify(&self.jwk, &self.imported, signed, &jwt.signature).await
    }
}

/// The keys that the issuer published at one time.
pub struct KeySet {
    /// Those that can be used.
    pub keys: Vec<Key>,
    /// The tokens that these keys have signed. They are dropped with the set, so a token whose key was withdrawn is never
    /// accepted because it was verified with an earlier set.
    tokens: RefCell<Remembered>,
}

impl KeySet {
    fn of(keys: Vec<Key>) -> Rc<Self> {
        Rc::new(Self {
            keys,
            tokens: RefCell::default(),
        })
    }

    /// Remembers that one of these keys has signed the token of this digest, which names `caller`.
    pub fn remember(&self, digest: [u8; 32], caller: Caller, lifetime: Lifetime) {
        self.tokens.borrow_mut().remember(digest, caller, lifetime);
    }
}

/// What this isolate has of the issuer, of which there is one.
#[derive(Clone)]
struct Kept {
    set: Rc<KeySet>,
    fetched_at: UnixMillis,
    /// When the issuer was last asked in vain.
    asked_in_vain_at: UnixMillis,
    /// When a request asked that has no answer yet. It may never have one: its client may have hung up.
    asking_since: UnixMillis,
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// The caller of the token with this digest, if it was verified with the current keys, they are fresh at `now`, and it is
/// valid at `now`.
pub fn remembered(digest: &[u8; 32], now: UnixMillis) -> Option<Caller> {
    KEPT.with_borrow(|kept| {
        let kept = kept.as_ref().filter(|kept| kept.is_within(FRESH_MS, now))?;
        kept.set.tokens.borrow().find(digest, now)
    })
}

/// Keys, with one for `jwt` among them if the issuer has it.
///
/// One request at a time asks the issuer, so that a thousand tokens that somebody made up are not a thousand
/// questions. The others look for its answer themselves: no request may await what belongs to another.
pub async fn keys_for(
    url: &str,
    jwt: &Jwt<'_>,
    mut now: UnixMillis,
) -> Result<Rc<KeySet>, KeysError> {
    loop {
        let kept = KEPT.with_borrow(Clone::clone).unwrap_or_else(Kept::nothing);
        if kept.is_within(FRESH_MS, now) && kept.has_one_for(jwt) {
            return Ok(kept.set);
        }
        if now < kept.asked_in_vain_at.plus_ms(PAUSE_MS) {
            return kept.keys_or(KeysError::Pause, now);
        }
        if now >= kept.asking_since.plus_ms(DEADLINE_MS) {
            return asked(url, jwt, kept, now).await;
        }
        sleep(LOOK_MS).await;
        now = clock::now();
    }
}

/// Asks the issuer, and keeps what it says beside what was `kept`.
async fn asked(
    url: &str,
    jwt: &Jwt<'_>,
    kept: Kept,
    now: UnixMillis,
) -> Result<Rc<KeySet>, KeysError> {
    KEPT.set(Some(Kept {
        asking_since: now,
        ..kept.clone()
    }));
    let fetched = fetch_in_time(url).await;
    let answered_at = clock::now();
    let after = match &fetched {
        Ok(set) => Kept {
            set: set.clone(),
            fetched_at: now,
            ..kept
        },
        Err(_) => kept,
    };
    let in_vain = fetched.is_err() || !after.has_one_for(jwt);
    let after = Kept {
        asked_in_vain_at: if in_vain {
            answered_at
        } else {
            after.asked_in_vain_at
        },
        asking_since: UnixMillis(0),
        ..after
    };
    KEPT.set(Some(after.clone()));
    match fetched {
        Ok(set) => Ok(set),
        Err(error) => after.keys_or(error, answered_at),
    }
}

impl Kept {
    fn nothing() -> Self {
        Self {
            set: KeySet::of(Vec::new()),
            fetched_at: UnixMillis(0),
            asked_in_vain_at: UnixMillis(0),
            asking_since: UnixMillis(0),
        }
    }

    fn is_within(&self, ms: u64, now: UnixMillis) -> bool {
        now < self.fetched_at.plus_ms(ms)
    }

    fn has_one_for(&self, jwt: &Jwt<'_>) -> bool {
        self.set.keys.iter().any(|key| jwt.is_for(&key.jwk))
    }

    fn keys_or(self, error: KeysError, now: UnixMillis) -> Result<Rc<KeySet>, KeysError> {
        if self.is_within(STALE_MS, now) {
            Ok(self.set)
        } else {
            Err(error)
        }
    }
}

async fn fetch_in_time(url: &str) -> Result<Rc<KeySet>, KeysError> {
    within(DEADLINE_MS, fetch(url))
        .await
        .unwrap_or(Err(KeysError::Deadline))
}

async fn fetch(url: &str) -> Result<Rc<KeySet>, KeysError> {
    let answer = outgoing::fetch(url, &outgoing::init()).await?;
    if answer.status() != 200 {
        return Err(KeysError::Status(answer.status()));
    }
    let content = answer.content(MAX_BYTES).await?;
    let bytes = content.ok_or(KeysError::TooLong)?;
    let mut keys = Vec::new();
    for jwk in Jwk::parse_set(&bytes)? {
        // One that is broken is as good as absent, and no reason to do without the others.
        if let Ok(imported) = import(&jwk).await {
            keys.push(Key { jwk, imported });
        }
    }
    Ok(KeySet::of(keys))
}
