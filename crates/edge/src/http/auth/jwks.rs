//! JSON Web Key Sets (RFC 7517): the public keys of an issuer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How a token can be signed here. The key says which it is; a token that says something else is refused.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519, by its name in RFC 8037.
    #[serde(rename = "EdDSA", alias = "Ed25519")]
    EdDsa,
}

/// The shortest RSA key, in bytes: 2048 bits (RFC 7518, section 3.3).
const MIN_RSA_BYTES: usize = 256;

/// A key, as far as one is needed to check signatures. Written again, it is what the platform imports.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Jwk {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// Its id.
    #[serde(skip_serializing)]
    pub kid: Option<String>,
    #[serde(skip_serializing)]
    alg: Option<String>,
    #[serde(skip_serializing)]
    r#use: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Box<RawValue>>,
}

impl Jwk {
    /// The keys of a set. Those of a form that is not known here are left out (RFC 7517, section 5).
    pub fn parse_set(json: &[u8]) -> Result<Vec<Self>, serde_json::Error> {
        let set: KeySet = serde_json::from_slice(json)?;
        let keys = set.keys.into_iter();
        Ok(keys
            .filter_map(|key| serde_json::from_slice(key.get().as_bytes()).ok())
            .filter(|key: &Self| key.algorithm().is_some())
            .collect())
    }

    /// What it signs with, if it is a key for that: its type says so, never a token.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        let (algorithm, names): (_, &[&str]) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", None) if self.is_long_enough() => (Algorithm::Rs256, &["RS256"]),
            ("EC", Some("P-256")) => (Algorithm::Es256, &["ES256"]),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, &["EdDSA", "Ed25519"]),
            _ => return None,
        };
        let for_signatures = self.r#use.as_deref().is_none_or(|usage| usage == "sig");
        let fits = self.alg.as_deref().is_none_or(|alg| names.contains(&alg));
        (for_signatures && fits).then_some(algorithm)
    }

    fn is_long_enough(&self) -> bool {
        let modulus = self.n.as_deref().map(|n| URL_SAFE_NO_PAD.decode(n));
        matches!(modulus, Some(Ok(bytes)) if bytes.len() >= MIN_RSA_BYTES)
    }
}
