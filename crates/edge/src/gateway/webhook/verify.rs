//! Whether a request has a signature of the route's sender.

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use subtle::ConstantTimeEq;
use worker::Env;

use super::{
    hmac::hmac,
    preset::Scheme,
    rule::WebhookRule,
    signed::{Proof, key, proof},
};
use crate::{
    clock,
    gateway::variable::variable,
    operation::{KeySource, NotVerified, Verification},
};

/// How the requests of one sender are verified.
#[derive(Debug)]
pub struct Signatures {
    rule: WebhookRule,
    scheme: Scheme,
}

impl Signatures {
    /// Those of the sender that `rule` names; nothing, if it has none that can be verified.
    pub fn of(rule: &WebhookRule) -> Option<Self> {
        Some(Self {
            scheme: rule.preset.sender().scheme?,
            rule: rule.clone(),
        })
    }

    /// The keys of the secrets that are there. While a secret is replaced, one of two may be missing.
    fn keys(&self, env: &Env) -> Result<Vec<Vec<u8>>, NotVerified> {
        let names = &self.rule.secret.0;
        let secrets = names.iter().filter_map(|name| variable(env, name));
        let keys = secrets.filter_map(|secret| key(self.scheme, secret.trim()));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            let names = names.join(" or ");
            let text =
                format!("No signature can be checked: {names} must be a secret of the sender's.");
            return Err(NotVerified::Unconfigured(text));
        }
        Ok(keys)
    }
}

impl Verification for Signatures {
    fn verify<'a>(
        &'a self,
        request: &'a Request,
        env: &'a Env,
    ) -> LocalBoxFuture<'a, Result<(), NotVerified>> {
        Box::pin(async move {
            let keys = self.keys(env)?;
            let public_url = self.rule.public_url.as_deref();
            let proof = proof(self.scheme, request, public_url, clock::now());
            let is_right = match proof.map_err(NotVerified::Wrong)? {
                Proof::Token(token) => {
                    let token = token.as_bytes();
                    keys.iter().any(|key| key.as_slice().ct_eq(token).into())
                }
                Proof::Hmac(signed) => {
                    let mut is_right = false;
                    for (key, head) in keys
                        .iter()
                        .flat_map(|key| signed.heads.iter().map(move |head| (key, head)))
                    {
                        let code = hmac(signed.hash, key, head, signed.body).await;
                        let failed =
                            |error: worker::Error| NotVerified::Unconfigured(error.to_string());
                        is_right |= signed.has(&code.map_err(failed)?);
                    }
                    is_right
                }
            };
            if is_right {
                return Ok(());
            }
            let text = "The signature is not one that the sender makes with the configured secret for this request.";
            Err(NotVerified::Wrong(text.to_owned()))
        })
    }

    fn is_handshake(&self, request: &Request) -> bool {
        matches!(self.scheme, Scheme::Slack)
            && KeySource::parse("json:/type")
                .and_then(|source| source.find(request))
                .is_some_and(|kind| kind == "url_verification")
    }
}
