//! Alerts, sent to a webhook: with an idempotency key of their own, so that one that is sent twice counts once.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use worker::Headers;

use super::alerts::{Alert, Change};
use crate::{outgoing, tasks::within};

/// How often an alert is sent at most until the webhook accepts it.
const MAX_TRIES: u32 = 5;

/// How long the webhook has to answer, in milliseconds.
const DEADLINE_MS: u64 = 5000;

/// An alert on its way to the webhook.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Delivery {
    key: String,
    /// A [`WebhookBody`], as JSON: each try with the key sends the same.
    content: String,
    tries: u32,
}

#[derive(Serialize)]
struct WebhookBody<'a> {
    event: &'a str,
    alert: &'a Alert,
}

impl Delivery {
    /// What is to be sent of `change`.
    #[must_use]
    pub fn of(change: &Change) -> Vec<Self> {
        let raised = change.raised.iter().map(|alert| ("alert.raised", alert));
        let cleared = change.cleared.iter().map(|alert| ("alert.cleared", alert));
        let delivery = |(event, alert): (&str, &Alert)| {
            Some(Self {
                key: Uuid::new_v4().to_string(),
                // Texts and numbers can always be written.
                content: serde_json::to_string(&WebhookBody { event, alert }).ok()?,
                tries: 0,
            })
        };
        raised.chain(cleared).filter_map(delivery).collect()
    }

    /// The same after one more try, unless that was the last.
    #[must_use]
    pub fn tried(&self) -> Option<Self> {
        let tries = self.tries.saturating_add(1);
        (tries < MAX_TRIES).then(|| Self {
            tries,
            ..self.clone()
        })
    }

    /// Sends it once.
    pub async fn send(&self, url: &str) -> Result<(), String> {
        match within(DEADLINE_MS, self.post(url)).await {
            Some(Ok(200..=299)) => Ok(()),
            Some(Ok(status)) => Err(format!("it answered with status {status}")),
            Some(Err(error)) => Err(error.to_string()),
            None => Err(format!("it did not answer within {DEADLINE_MS} ms")),
        }
    }

    /// The status says it all: what content there is with it is not read.
    async fn post(&self, url: &str) -> worker::Result<u16> {
        let headers = Headers::new();
        headers.set("Content-Type", "application/json")?;
        headers.set("Idempotency-Key", &format!("\"{}\"", self.key))?;
        let init = outgoing::init();
        init.set_method("POST");
        init.set_headers(&headers.0);
        init.set_body(&self.content.as_str().into());
        Ok(outgoing::fetch(url, &init).await?.status())
    }
}
