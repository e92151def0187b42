//! What is known of each sender of webhooks. docs/webhooks.md has the table.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};
use strum::{IntoStaticStr, VariantArray};

use super::scheme::{
    ADYEN, GITHUB, GITLAB, SHOPIFY, SLACK, STANDARD, STRIPE, SVIX, Scheme, TWILIO,
};

/// A sender of webhooks.
#[derive(Clone, Copy, Debug, Eq, IntoStaticStr, JsonSchema, PartialEq, VariantArray)]
#[schemars(rename_all = "lowercase")]
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
    /// `PayPal`. Its signature is by certificate, and is not verified.
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

/// By its name. What serde derives for enums takes more of the Worker.
impl<'de> Deserialize<'de> for Preset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut all = Self::VARIANTS.iter();
        all.find(|preset| preset.name() == text)
            .copied()
            .ok_or_else(|| {
                let names: Vec<_> = Self::VARIANTS.iter().map(|preset| preset.name()).collect();
                let names = names.join(", ");
                D::Error::custom(format!("must be one of {names}, and is \"{text}\""))
            })
    }
}

impl Preset {
    /// Its name in a policy.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What is known of it.
    pub const fn sender(self) -> Sender {
        match self {
            Self::Stripe => sender(&["json:/id"], 30, 8, Some(STRIPE)),
            Self::Github => sender(&["header:X-GitHub-Delivery"], 4, 8, Some(GITHUB)),
            Self::Shopify => sender(&["header:X-Shopify-Event-Id"], 2, 3, Some(SHOPIFY)),
            Self::Slack => sender(&["json:/event_id"], 1, 2, Some(SLACK)),
            Self::Standard => sender(&["header:webhook-id"], 7, 13, Some(STANDARD)),
            Self::Svix => sender(&["header:svix-id"], 7, 13, Some(SVIX)),
            // A message's deliveries have its id in common, and those of its statuses too.
            Self::Twilio => sender(
                &[
                    "header:I-Twilio-Idempotency-Token",
                    "form:MessageSid + form:MessageStatus",
                    "form:MessageSid",
                ],
                1,
                13,
                Some(TWILIO),
            ),
            Self::Sns => sender(&["header:x-amz-sns-message-id"], 1, 13, None),
            Self::Adyen => sender(
                &[
                    "json:/notificationItems/0/NotificationRequestItem/pspReference + \
                   json:/notificationItems/0/NotificationRequestItem/eventCode",
                ],
                31,
                8,
                Some(ADYEN),
            ),
            Self::Paypal => sender(&["json:/id"], 4, 18, None),
            Self::Gitlab => sender(&["header:Idempotency-Key"], 7, 8, Some(GITLAB)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_say_what_each_preset_fills_in() {
        let text = include_str!("../../../../../docs/webhooks.md");
        for preset in Preset::VARIANTS {
            let name = format!("`{}`", preset.name());
            let mut rows = text.lines().filter(|line| line.starts_with("| `"));
            let row = rows.find(|line| line.split('|').nth(1).unwrap().contains(&name));
            let row = row.unwrap_or_else(|| panic!("docs/webhooks.md has no row of {name}"));

            let sender = preset.sender();
            let kept = format!("| {} d |", sender.retention_s / DAY_S);
            let waits = format!("| {} s |", sender.wait_s);
            assert!(row.contains(&kept) && row.contains(&waits), "{row}");
            for key in sender.key {
                let is_long = key.contains("pspReference");
                assert!(is_long || row.contains(&format!("`{key}`")), "{key}: {row}");
            }
            let set_up = format!("\"preset\": \"{}\" }}`. **Not verified**", preset.name());
            assert_eq!(sender.scheme.is_none(), text.contains(&set_up), "{name}");
        }
    }
}
