//! `API_TOKENS`: who may call, known by the digests of their tokens.

use idempotency_core::digest::{from_hex, sha256};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::values::{Environment, WrongSetting};

const WRONG: WrongSetting = WrongSetting {
    name: "API_TOKENS",
    rule: "a JSON array of objects with client (1 to 64 of A-Z a-z 0-9 . _ : -), role (client or operator) and \
           sha256 (64 hex digits), as npm run token prints them, and no token twice",
};

/// What a caller may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Its own operations.
    Client,
    /// That, and see what becomes of others'.
    Operator,
}

/// One token. A client may have several, so that they can be rotated: they are one caller.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiToken {
    /// Whose it is.
    pub client: String,
    /// What it lets its bearer do.
    pub role: Role,
    digest: [u8; 32],
}

/// All tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiTokens(Vec<ApiToken>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    client: String,
    role: Role,
    sha256: String,
}

impl ApiTokens {
    /// Reads `API_TOKENS`.
    pub(super) fn read(text: &impl Environment) -> Result<Self, WrongSetting> {
        let Some(json) = text("API_TOKENS") else {
            return Ok(Self::default());
        };
        let entries: Vec<Entry> = serde_json::from_slice(json.as_bytes()).map_err(|_| WRONG)?;
        let tokens = entries.into_iter().map(|entry| {
            let digest = from_hex(&entry.sha256).filter(|_| is_client_id(&entry.client));
            Ok(ApiToken {
                client: entry.client,
                role: entry.role,
                digest: digest.ok_or(WRONG)?,
            })
        });
        let tokens = Self(tokens.collect::<Result<_, _>>()?);
        if tokens.has_one_twice() {
            Err(WRONG)
        } else {
            Ok(tokens)
        }
    }

    /// Whether a token is there twice: it would be two clients', or have two roles.
    fn has_one_twice(&self) -> bool {
        let count = |token: &ApiToken| {
            let same = self.0.iter().filter(|other| other.digest == token.digest);
            same.count()
        };
        self.0.iter().any(|token| count(token) > 1)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one that `token` is. All are compared, each in constant time, so that the time it takes tells
    /// neither how much of a digest was right nor which token came near.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<&ApiToken> {
        let digest = sha256(token.as_bytes());
        self.0.iter().fold(None, |found, entry| {
            if bool::from(entry.digest.ct_eq(&digest)) {
                Some(entry)
            } else {
                found
            }
        })
    }
}

fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
