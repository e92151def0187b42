//! JSON Web Tokens (RFC 7519) in their compact form, signed (RFC 7515). Pure: no key is fetched or used here.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use idempotency_core::lifecycle::UnixMillis;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use thiserror::Error;

use super::jwks::{Algorithm, Jwk};

/// How far the issuer's clock and ours may be apart, in seconds (RFC 7519, section 4.1.4: "some small leeway,
/// usually no more than a few minutes").
const LEEWAY_S: f64 = 30.0;

/// A token whose form is right. Nothing in it is to be believed before its signature is checked.
#[derive(Debug)]
pub struct Jwt<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    /// What was signed: the first two parts, as they stand.
    pub signed: &'a str,
    /// By whoever has the key.
    pub signature: Vec<u8>,
    claims: Vec<u8>,
}

/// Why a token is not taken. The text is for its bearer.
#[derive(Debug, Error)]
pub enum JwtError {
    /// Its time is over.
    #[error("This token has expired. Get a new one.")]
    Expired,
    /// Its time has not come.
    #[error("This token is not valid yet.")]
    NotYetValid,
    /// Anything else, which is told to nobody: it would help only who makes tokens up.
    #[error("This token is not valid here.")]
    Invalid,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515, section 4.1.11); none is here, whatever is named.
    #[serde(default, deserialize_with = "refuse")]
    #[expect(dead_code, reason = "it is never read: its presence is an error")]
    crit: (),
}

#[derive(Deserialize)]
struct Claims<'a> {
    iss: String,
    sub: String,
    #[serde(borrow)]
    aud: &'a RawValue,
    exp: f64,
    nbf: Option<f64>,
}

/// When a token is valid, by its own claims, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// When it expires.
    pub exp: f64,
    /// When it becomes valid, if it says so.
    pub nbf: Option<f64>,
}

impl Lifetime {
    /// Whether the token is valid at `now`.
    pub fn check(self, now: UnixMillis) -> Result<(), JwtError> {
        #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
        let now_s = now.0 as f64 / 1000.0;
        if now_s >= self.exp + LEEWAY_S {
            Err(JwtError::Expired)
        } else if self.nbf.is_some_and(|nbf| now_s < nbf - LEEWAY_S) {
            Err(JwtError::NotYetValid)
        } else {
            Ok(())
        }
    }
}

/// Whether `aud`, which is one audience or a list of them (RFC 7519, section 4.1.3), has `ours`.
fn is_for(aud: &RawValue, ours: &str) -> bool {
    let json = aud.get().as_bytes();
    serde_json::from_slice(json).is_ok_and(|one: String| one == ours)
        || serde_json::from_slice(json)
            .is_ok_and(|all: Vec<String>| all.iter().any(|one| one == ours))
}

impl<'a> Jwt<'a> {
    /// Reads the compact form; nothing if it is none, or one of an algorithm that is not taken ("none" among
    /// them).
    #[must_use]
    pub fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        Some(Self {
            algorithm: header.alg,
            key_id: header.kid,
            signed,
            signature: decode(signature)?,
            claims: decode(claims)?,
        })
    }

    /// Whether `key` may have signed it: the key is of the algorithm that the token names, and has its id, if it
    /// names one.
    #[must_use]
    pub fn is_for(&self, key: &Jwk) -> bool {
        key.algorithm() == Some(self.algorithm) && (self.key_id.is_none() || self.key_id == key.kid)
    }

    /// The subject and when the token is valid, if the claims are the right ones at `now`. To be asked once the signature is
    /// verified.
    pub fn subject(
        &self,
        issuer: &str,
        audience: &str,
        now: UnixMillis,
    ) -> Result<(String, Lifetime), JwtError> {
        let claims: Claims<'_> =
            serde_json::from_slice(&self.claims).map_err(|_| JwtError::Invalid)?;
        if claims.iss != issuer || !is_for(claims.aud, audience) || claims.sub.is_empty() {
            return Err(JwtError::Invalid);
        }
        let lifetime = Lifetime {
            exp: claims.exp,
            nbf: claims.nbf,
        };
        lifetime.check(now)?;
        Ok((claims.sub, lifetime))
    }
}

fn refuse<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom("no extension is understood"))
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
