//! What a request says that its sender has signed, and the signatures that came with it.

use base64::{Engine, engine::general_purpose::STANDARD};
use idempotency_core::{Request, digest::from_hex, lifecycle::UnixMillis};
use subtle::{Choice, ConstantTimeEq};

use super::{
    adyen, form,
    scheme::{Encoding, Scheme, Signed},
};

/// How far the time of a signature may be from ours, in seconds, as Stripe, Slack and Standard Webhooks have it. A delivery
/// that somebody has recorded is good for as long.
const TOLERANCE_S: u64 = 300;

/// How many signatures of one request are looked at: a sender that replaces its secret sends one for each.
const MAX_SIGNATURES: usize = 16;

/// What shows that a request is the sender's.
#[derive(Debug)]
pub struct Proof<'a> {
    /// What stands in front of the body: one of these. Nothing, if the secret itself is sent.
    pub heads: Vec<Vec<u8>>,
    /// The body as it came; empty, if all that is signed is in the head.
    pub body: &'a [u8],
    signatures: Vec<Vec<u8>>,
}

impl Proof<'_> {
    /// Whether `code` is one of the signatures. How long it takes says nothing of what would be right.
    pub fn has(&self, code: &[u8]) -> bool {
        let mut has = Choice::from(0);
        for signature in &self.signatures {
            has |= signature.as_slice().ct_eq(code);
        }
        has.into()
    }
}

/// What shows that `request` is of a sender that signs by `scheme`, or why there is nothing.
pub fn proof<'a>(
    scheme: &Scheme,
    request: &'a Request,
    public_url: Option<&str>,
    now: UnixMillis,
) -> Result<Proof<'a>, String> {
    let body = request.body.as_slice();
    let item;
    let (heads, body, sent) = match scheme.signed {
        Signed::Body => (vec![Vec::new()], body, field(request, scheme.signature)?),
        Signed::Dated {
            id,
            lead,
            seconds,
            trail,
        } => {
            let sent = field(request, scheme.signature)?;
            let id = id.map_or(Ok(""), |name| field(request, name))?;
            let name = seconds.unwrap_or(scheme.signature);
            let seconds = match seconds {
                Some(name) => field(request, name)?,
                None => after(sent, scheme.separator, "t=")
                    .next()
                    .unwrap_or_default(),
            };
            is_recent(name, seconds, now)?;
            let head = [id, lead, seconds, trail].concat().into_bytes();
            (vec![head], body, sent)
        }
        Signed::Form => {
            let sent = field(request, scheme.signature)?;
            let heads = form::signed(request, public_url);
            let heads = heads.ok_or("The content is not what was signed, or nothing was.")?;
            (heads, [].as_slice(), sent)
        }
        Signed::Item => {
            item = adyen::signed(body)
                .ok_or("The content is no notification of one item with a hmacSignature.")?;
            let head = item.0.clone().into_bytes();
            (vec![head], [].as_slice(), item.1.as_str())
        }
        Signed::Nothing => (Vec::new(), body, field(request, scheme.signature)?),
    };
    let mut signatures = Vec::new();
    for text in after(sent, scheme.separator, scheme.prefix) {
        signatures.extend(bytes(scheme.code, text));
    }
    if signatures.is_empty() {
        let name = scheme.signature;
        return Err(format!("{name} has no signature of a known form."));
    }
    Ok(Proof {
        heads,
        body,
        signatures,
    })
}

/// The key that `secret` stands for, as the sender shows it; nothing, if it is not of the sender's form.
pub fn key(scheme: &Scheme, secret: &str) -> Option<Vec<u8>> {
    let secret = match scheme.secret {
        Encoding::Base64 => secret.strip_prefix("whsec_").unwrap_or(secret),
        Encoding::Text | Encoding::Hex => secret,
    };
    bytes(scheme.secret, secret).filter(|key| !key.is_empty())
}

fn field<'a>(request: &'a Request, name: &str) -> Result<&'a str, String> {
    let value = request.field(name).map(str::trim);
    let value = value.filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("The field {name} is missing."))
}

/// What stands behind `prefix` in the parts of a field.
fn after<'a>(sent: &'a str, separator: char, prefix: &str) -> impl Iterator<Item = &'a str> {
    let parts = sent.split(separator).take(MAX_SIGNATURES);
    parts.filter_map(move |part| part.trim().strip_prefix(prefix))
}

fn bytes(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Text => Some(text.as_bytes().to_vec()),
        Encoding::Hex => from_hex(text).map(Vec::from),
        Encoding::Base64 => STANDARD.decode(text).ok(),
    }
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
mod examples;
#[cfg(test)]
mod tests;
