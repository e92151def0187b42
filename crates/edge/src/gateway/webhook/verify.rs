//! Whether a request has a signature of the route's sender.

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use worker::Env;

use super::{
    hmac::hmac,
    preset::Preset,
    rule::WebhookRule,
    scheme::{Scheme, Signed},
    signed::{key, proof},
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

    fn hash(&self) -> &'static str {
        match self.scheme.signed {
            Signed::Form => "SHA-1",
            Signed::Body | Signed::Dated { .. } | Signed::Item | Signed::Nothing => "SHA-256",
        }
    }

    /// The keys of the secrets that are there. While a secret is replaced, one of two may be missing.
    fn keys(&self, env: &Env) -> Result<Vec<Vec<u8>>, NotVerified> {
        let secrets = self.rule.names().filter_map(|name| variable(env, name));
        let keys = secrets.filter_map(|secret| key(&self.scheme, secret.trim()));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            let names: Vec<_> = self.rule.names().collect();
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
            let proof = proof(&self.scheme, request, public_url, clock::now());
            let proof = proof.map_err(NotVerified::Wrong)?;
            let mut is_right = false;
            for key in &keys {
                if proof.heads.is_empty() {
                    is_right |= proof.has(key);
                }
                for head in &proof.heads {
                    let code = hmac(self.hash(), key, head, proof.body).await;
                    let failed =
                        |error: worker::Error| NotVerified::Unconfigured(error.to_string());
                    is_right |= proof.has(&code.map_err(failed)?);
                }
            }
            if is_right {
                return Ok(());
            }
            let text = "The signature is not one that the sender makes with the configured secret for this request.";
            Err(NotVerified::Wrong(text.to_owned()))
        })
    }

    fn is_handshake(&self, request: &Request) -> bool {
        self.rule.preset == Preset::Slack
            && KeySource::Json("/type".to_owned()).find(request).as_deref()
                == Some("url_verification")
    }
}
