//! What a request says that its sender has signed, and the signatures that came with it.

use base64::{Engine, engine::general_purpose::STANDARD};
use idempotency_core::{Request, digest::from_hex, lifecycle::UnixMillis};
use subtle::{Choice, ConstantTimeEq};

use super::{adyen, form, preset::Scheme};

/// How far the time of a signature may be from ours, in seconds, as Stripe, Slack and Standard Webhooks have it. A delivery
/// that somebody has recorded is good for as long.
const TOLERANCE_S: u64 = 300;

/// How many signatures of one request are looked at: a sender that replaces its secret sends one for each.
const MAX_SIGNATURES: usize = 16;

/// What shows that a request is the sender's.
#[derive(Debug)]
pub enum Proof<'a> {
    /// The code of one of the `heads` with the body after it is one of the signatures.
    Hmac(Signed<'a>),
    /// The secret itself.
    Token(&'a str),
}

/// What is signed.
#[derive(Debug)]
pub struct Signed<'a> {
    /// The name of the hash.
    pub hash: &'static str,
    /// What stands in front of the body: one of these.
    pub heads: Vec<Vec<u8>>,
    /// The body as it came; empty, if all that is signed is in the head.
    pub body: &'a [u8],
    signatures: Vec<Vec<u8>>,
}

impl Signed<'_> {
    /// Whether `code` is one of the signatures. How long it takes says nothing of what would be right.
    pub fn has(&self, code: &[u8]) -> bool {
        let same = self.signatures.iter().map(|own| own.as_slice().ct_eq(code));
        same.fold(Choice::from(0), |any, same| any | same).into()
    }
}

/// What shows that `request` is of a sender that signs by `scheme`, or why there is nothing.
pub fn proof<'a>(
    scheme: Scheme,
    request: &'a Request,
    public_url: Option<&str>,
    now: UnixMillis,
) -> Result<Proof<'a>, String> {
    let body = request.body.as_slice();
    let signed = |heads, body, signatures: Vec<Vec<u8>>, field: &str| {
        if signatures.is_empty() {
            return Err(format!("{field} has no signature of a known form."));
        }
        let hash = "SHA-256";
        Ok(Proof::Hmac(Signed {
            hash,
            heads,
            body,
            signatures,
        }))
    };
    match scheme {
        Scheme::Stripe => {
            let name = "Stripe-Signature";
            let sent = field(request, name)?;
            let seconds = values(sent, ',', "t=").next().unwrap_or_default();
            is_recent(name, seconds, now)?;
            let signatures = values(sent, ',', "v1=").filter_map(of_hex).collect();
            let head = format!("{seconds}.").into_bytes();
            signed(vec![head], body, signatures, name)
        }
        Scheme::Github => {
            let name = "X-Hub-Signature-256";
            let signatures = values(field(request, name)?, ',', "sha256=");
            let signatures = signatures.filter_map(of_hex).collect();
            signed(vec![Vec::new()], body, signatures, name)
        }
        Scheme::Shopify => {
            let name = "X-Shopify-Hmac-Sha256";
            let signatures = of_base64(field(request, name)?).into_iter().collect();
            signed(vec![Vec::new()], body, signatures, name)
        }
        Scheme::Slack => {
            let (name, timestamp) = ("X-Slack-Signature", "X-Slack-Request-Timestamp");
            let seconds = field(request, timestamp)?;
            is_recent(timestamp, seconds, now)?;
            let signatures = values(field(request, name)?, ',', "v0=");
            let signatures = signatures.filter_map(of_hex).collect();
            let head = format!("v0:{seconds}:").into_bytes();
            signed(vec![head], body, signatures, name)
        }
        Scheme::Standard(fields) => {
            let (id, seconds) = (
                field(request, fields.id)?,
                field(request, fields.timestamp)?,
            );
            is_recent(fields.timestamp, seconds, now)?;
            let signatures = values(field(request, fields.signature)?, ' ', "v1,");
            let signatures = signatures.filter_map(of_base64).collect();
            let head = format!("{id}.{seconds}.").into_bytes();
            signed(vec![head], body, signatures, fields.signature)
        }
        Scheme::Twilio => {
            let name = "X-Twilio-Signature";
            let sent = of_base64(field(request, name)?);
            let heads = form::signed(request, public_url);
            let heads = heads.ok_or("The content is not signed, or not what was signed.")?;
            match signed(heads, &[], sent.into_iter().collect(), name)? {
                Proof::Hmac(signed) => Ok(Proof::Hmac(Signed {
                    hash: "SHA-1",
                    ..signed
                })),
                token @ Proof::Token(_) => Ok(token),
            }
        }
        Scheme::Adyen => {
            let name = "additionalData.hmacSignature";
            let (head, sent) = adyen::signed(body)
                .ok_or("The content is no notification of one item with a hmacSignature.")?;
            let signatures = of_base64(&sent).into_iter().collect();
            signed(vec![head.into_bytes()], &[], signatures, name)
        }
        Scheme::Gitlab => Ok(Proof::Token(field(request, "X-Gitlab-Token")?)),
    }
}

/// The key that `secret` stands for, as the sender shows it; nothing, if it is not of the sender's form.
pub fn key(scheme: Scheme, secret: &str) -> Option<Vec<u8>> {
    let key = match scheme {
        Scheme::Standard(_) => of_base64(secret.strip_prefix("whsec_").unwrap_or(secret))?,
        Scheme::Adyen => of_hex(secret)?,
        Scheme::Stripe
        | Scheme::Github
        | Scheme::Shopify
        | Scheme::Slack
        | Scheme::Twilio
        | Scheme::Gitlab => secret.as_bytes().to_vec(),
    };
    (!key.is_empty()).then_some(key)
}

fn field<'a>(request: &'a Request, name: &str) -> Result<&'a str, String> {
    let value = request.field(name).map(str::trim);
    let value = value.filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("The field {name} is missing."))
}

/// What stands behind `name` in the parts of a field.
fn values<'a>(sent: &'a str, separator: char, name: &str) -> impl Iterator<Item = &'a str> {
    let parts = sent.split(separator).take(MAX_SIGNATURES);
    parts.filter_map(move |part| part.trim().strip_prefix(name))
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    from_hex(text).map(Vec::from)
}

fn of_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn is_recent(name: &str, seconds: &str, now: UnixMillis) -> Result<(), String> {
    let now_s = now.0 / 1000;
    let signed_s: u64 = seconds
        .parse()
        .map_err(|_| format!("{name} does not say when the request was signed."))?;
    if now_s.abs_diff(signed_s) > TOLERANCE_S {
        return Err(format!(
            "{name} says that the request was signed more than {TOLERANCE_S} seconds ago, or from now."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
