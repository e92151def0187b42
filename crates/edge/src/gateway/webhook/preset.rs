//! What is known of each sender of webhooks. docs/webhooks.md says where from.

use schemars::JsonSchema;
use serde::Deserialize;
use strum::{IntoStaticStr, VariantArray};

/// A sender of webhooks.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, IntoStaticStr, JsonSchema, PartialEq, VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Preset {
    /// Stripe.
    Stripe,
    /// GitHub.
    Github,
    /// Shopify.
    Shopify,
    /// Slack's Events API.
    Slack,
    /// Whoever follows the specification of Standard Webhooks, with the fields `webhook-*`.
    Standard,
    /// Svix: the same with the fields `svix-*`.
    Svix,
    /// Twilio.
    Twilio,
    /// Amazon SNS. Its signature is by certificate, and is not verified.
    Sns,
    /// Adyen.
    Adyen,
    /// PayPal. Its signature is by certificate, and is not verified.
    Paypal,
    /// GitLab, with a secret token. With a signing token, it follows `standard`.
    Gitlab,
}

/// What is known of a sender.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The places of what all deliveries of one event have in common, as in `key.from`.
    pub key: &'static [&'static str],
    /// How many seconds an answer is kept: longer than the sender repeats deliveries, and than a person can.
    pub retention_s: u64,
    /// How many seconds a delivery waits for the answer to the one before it: less than the sender waits for an answer.
    pub wait_s: u64,
    /// How it signs, if that can be verified with a secret.
    pub scheme: Option<Scheme>,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// `Stripe-Signature: t=<seconds>,v1=<hex>`, over `<seconds>.<body>`.
    Stripe,
    /// `X-Hub-Signature-256: sha256=<hex>`, over the body.
    Github,
    /// `X-Shopify-Hmac-Sha256: <base64>`, over the body.
    Shopify,
    /// `X-Slack-Signature: v0=<hex>`, over `v0:<seconds>:<body>`.
    Slack,
    /// `webhook-signature: v1,<base64>`, over `<id>.<seconds>.<body>`.
    Standard(StandardFields),
    /// `X-Twilio-Signature: <base64>`, over the URL and the form's parameters.
    Twilio,
    /// A member of the only item, over some of its members.
    Adyen,
    /// `X-Gitlab-Token`, which is the secret itself.
    Gitlab,
}

/// The fields of Standard Webhooks.
#[derive(Clone, Copy, Debug)]
pub struct StandardFields {
    /// The event's id.
    pub id: &'static str,
    /// When it was signed.
    pub timestamp: &'static str,
    /// The signatures.
    pub signature: &'static str,
}

const STANDARD: StandardFields = StandardFields {
    id: "webhook-id",
    timestamp: "webhook-timestamp",
    signature: "webhook-signature",
};

const SVIX: StandardFields = StandardFields {
    id: "svix-id",
    timestamp: "svix-timestamp",
    signature: "svix-signature",
};

const DAY_S: u64 = 86_400;

const fn sender(
    key: &'static [&'static str],
    days: u64,
    wait_s: u64,
    scheme: Option<Scheme>,
) -> Sender {
    Sender {
        key,
        retention_s: days.saturating_mul(DAY_S),
        wait_s,
        scheme,
    }
}

impl Preset {
    /// What is known of it.
    pub const fn sender(self) -> Sender {
        match self {
            Self::Stripe => sender(&["json:/id"], 30, 8, Some(Scheme::Stripe)),
            Self::Github => sender(&["header:X-GitHub-Delivery"], 4, 8, Some(Scheme::Github)),
            Self::Shopify => sender(&["header:X-Shopify-Event-Id"], 2, 3, Some(Scheme::Shopify)),
            Self::Slack => sender(&["json:/event_id"], 1, 2, Some(Scheme::Slack)),
            Self::Standard => sender(
                &["header:webhook-id"],
                7,
                13,
                Some(Scheme::Standard(STANDARD)),
            ),
            Self::Svix => sender(&["header:svix-id"], 7, 13, Some(Scheme::Standard(SVIX))),
            // A message's deliveries have its id in common, and those of its statuses too.
            Self::Twilio => sender(
                &[
                    "header:I-Twilio-Idempotency-Token",
                    "form:MessageSid + form:MessageStatus",
                    "form:MessageSid",
                ],
                1,
                13,
                Some(Scheme::Twilio),
            ),
            Self::Sns => sender(&["header:x-amz-sns-message-id"], 1, 13, None),
            Self::Adyen => sender(
                &[
                    "json:/notificationItems/0/NotificationRequestItem/pspReference + \
                   json:/notificationItems/0/NotificationRequestItem/eventCode",
                ],
                31,
                8,
                Some(Scheme::Adyen),
            ),
            Self::Paypal => sender(&["json:/id"], 4, 18, None),
            Self::Gitlab => sender(&["header:Idempotency-Key"], 7, 8, Some(Scheme::Gitlab)),
        }
    }
}
