//! What a policy says of a webhook.

use schemars::JsonSchema;
use serde::Deserialize;

use super::preset::Preset;

/// Who sends the requests of a route, and how that is known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRule {
    /// The sender. The signatures of `sns` and `paypal` are by certificate, and are not verified: that is left to the API.
    pub preset: Preset,
    /// The name of the variable or secret that has the sender's secret. Required, but for `sns` and `paypal`, which have
    /// none.
    #[serde(default)]
    pub secret: Option<String>,
    /// The name of the one that has the secret before, while one replaces the other: either is right.
    #[serde(default)]
    pub previous_secret: Option<String>,
    /// Scheme, host and port of the URL that the sender calls, if they are not those that this service sees. For `twilio`
    /// alone, which signs them.
    #[serde(default)]
    pub public_url: Option<String>,
}

impl WebhookRule {
    /// The names of the variables or secrets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = [self.secret.as_deref(), self.previous_secret.as_deref()];
        names.into_iter().flatten()
    }
}
