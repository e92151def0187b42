//! `API_TOKENS`: who may call, known by the digests of their tokens.

use idempotency_core::digest::from_hex;
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
        let mut tokens = Self::default();
        for entry in entries {
            tokens.add(entry).ok_or(WRONG)?;
        }
        Ok(tokens)
    }

    /// Adds a token, if its client's id is valid and the token is new: one that is there twice would belong to two clients, or
    /// have two roles.
    fn add(&mut self, entry: Entry) -> Option<()> {
        let digest = from_hex(&entry.sha256).filter(|_| is_client_id(&entry.client))?;
        if self.find(&digest).is_some() {
            return None;
        }
        self.0.push(ApiToken {
            client: entry.client,
            role: entry.role,
            digest,
        });
        Some(())
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one with this SHA-256 digest.
    ///
    /// A digest whose first eight bytes differ is skipped; one with equal bytes is compared as a whole, in constant time. The
    /// time may tell a sender whether some digest begins like that of what it sent. That brings it no nearer to a token:
    /// tokens with similar digests have nothing else in common, and a token has 256 bits to guess.
    #[must_use]
    pub fn find(&self, digest: &[u8; 32]) -> Option<&ApiToken> {
        let start = digest.first_chunk::<8>();
        let like = |token: &&ApiToken| {
            token.digest.first_chunk() == start && token.digest.ct_eq(digest).into()
        };
        self.0.iter().find(like)
    }
}

fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use idempotency_core::digest::{hex, sha256};
    use serde_json::json;

    use super::*;

    #[test]
    fn each_of_a_thousand_tokens_is_found_and_none_that_differs_in_a_byte() {
        let tokens = read(0..1000).unwrap();

        for number in 0..1000 {
            let found = tokens.find(&digest(number)).unwrap();
            assert_eq!(found.client, format!("client-{number}"));
            for at in 0..32 {
                let mut near = digest(number);
                near[at] ^= 1;
                assert_eq!(tokens.find(&near), None, "byte {at}");
            }
        }
    }

    #[test]
    fn a_token_that_is_there_twice_is_refused() {
        assert!(read([1, 2, 3]).is_ok());
        assert!(read([1, 2, 1]).is_err());
    }

    fn read(numbers: impl IntoIterator<Item = u32>) -> Result<ApiTokens, WrongSetting> {
        let entries = numbers.into_iter().map(|number| {
            let client = format!("client-{number}");
            json!({"client": client, "role": "client", "sha256": hex(&digest(number))})
        });
        let text = json!(entries.collect::<Vec<_>>()).to_string();
        ApiTokens::read(&|_: &str| Some(text.clone()))
    }

    fn digest(number: u32) -> [u8; 32] {
        sha256(&number.to_be_bytes())
    }
}
