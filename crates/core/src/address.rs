//! Where the record of a caller's key lives. No address is built anywhere else.

use std::fmt;

use uuid::{Uuid, Variant};

use crate::digest::{digest, hex};

/// Part of every address, so that another layout of addresses cannot meet this one.
const LAYOUT: &[u8] = b"edge-idempotency/1";

/// A caller. What two requests of one scope may know of each other, those of two scopes may not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scope([u8; 32]);

impl Scope {
    /// The caller that sent no credential.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(digest(&[b"anonymous"]))
    }

    /// The client that API tokens were made for, whichever of them it sent.
    #[must_use]
    pub fn of_client(id: &str) -> Self {
        Self(digest(&[b"client", id.as_bytes()]))
    }

    /// The subject that an issuer's tokens name.
    #[must_use]
    pub fn of_subject(issuer: &str, subject: &str) -> Self {
        Self(digest(&[b"subject", issuer.as_bytes(), subject.as_bytes()]))
    }

    /// The caller that sent this bearer token to a service that checks none. Only its digest goes any further.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        Self(digest(&[b"token", token.as_bytes()]))
    }
}

/// The scope as rows and messages hold it: 64 hex digits.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

/// A key that a client made: a UUID of version 4 (RFC 9562, section 5.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(Uuid);

impl IdempotencyKey {
    /// Reads the hyphenated form, in either case of its hex digits, and no other form of a UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == 36)?;
        let version_4 = uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122;
        version_4.then_some(Self(uuid))
    }
}

/// The key as answers show it, in lower case.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

/// A caller's key: the address of its record and of the record's copies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CompositeKey([u8; 32]);

impl CompositeKey {
    /// The address of `key` in `scope`. It tells neither of them.
    #[must_use]
    pub fn new(scope: &Scope, key: &IdempotencyKey) -> Self {
        Self(digest(&[LAYOUT, &scope.0, key.0.as_bytes()]))
    }

    /// The name of the Durable Object.
    #[must_use]
    pub fn object_name(&self) -> String {
        hex(&self.0)
    }

    /// What a replay copy of `record` must be marked with: the digest of the record and of its address, so
    /// that one that was damaged, or is another's, is no copy; and of a secret, so that nobody else can make one.
    #[must_use]
    pub fn seal(&self, secret: &[u8; 32], record: &[u8]) -> String {
        let content = digest(&[LAYOUT, &self.0, record]);
        hex(&digest(&[secret, &content]))
    }

    /// The KV key of the replay copy.
    #[must_use]
    pub fn copy_key(&self) -> String {
        format!("replay/1/{}", hex(&self.0))
    }
}
