//! How senders of webhooks sign: their schemes, as data.

/// How a request is signed, and where the signatures are.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// The header field of the signatures; of Adyen, the member.
    pub signature: &'static str,
    /// What stands between several of them.
    pub separator: char,
    /// What stands in front of one that is looked at.
    pub prefix: &'static str,
    /// How the code is written.
    pub code: Encoding,
    /// How the secret is written, as the sender shows it.
    pub secret: Encoding,
    /// What is signed.
    pub signed: Signed,
}

/// What is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signed {
    /// The body.
    Body,
    /// A text and the body after it: the field `id`, `lead`, the time in seconds and `trail`. The time is in the field
    /// `seconds`, or behind `t=` in that of the signatures.
    Dated {
        id: Option<&'static str>,
        lead: &'static str,
        seconds: Option<&'static str>,
        trail: &'static str,
    },
    /// The URL and the parameters of a form, with SHA-1.
    Form,
    /// Some members of the only item of a notification.
    Item,
    /// Nothing: the secret itself is sent.
    Nothing,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    /// As text.
    Text,
    /// SHA-256's length in hex digits.
    Hex,
    /// In base64.
    Base64,
}

/// `Stripe-Signature: t=<seconds>,v1=<hex>`, over `<seconds>.<body>`.
pub const STRIPE: Scheme = Scheme {
    signature: "Stripe-Signature",
    separator: ',',
    prefix: "v1=",
    code: Encoding::Hex,
    secret: Encoding::Text,
    signed: Signed::Dated {
        id: None,
        lead: "",
        seconds: None,
        trail: ".",
    },
};

/// `X-Hub-Signature-256: sha256=<hex>`, over the body.
pub const GITHUB: Scheme = Scheme {
    signature: "X-Hub-Signature-256",
    prefix: "sha256=",
    signed: Signed::Body,
    ..STRIPE
};

/// `X-Shopify-Hmac-Sha256: <base64>`, over the body.
pub const SHOPIFY: Scheme = Scheme {
    signature: "X-Shopify-Hmac-Sha256",
    prefix: "",
    code: Encoding::Base64,
    ..GITHUB
};

/// `X-Slack-Signature: v0=<hex>`, over `v0:<seconds>:<body>`.
pub const SLACK: Scheme = Scheme {
    signature: "X-Slack-Signature",
    prefix: "v0=",
    signed: Signed::Dated {
        id: None,
        lead: "v0:",
        seconds: Some("X-Slack-Request-Timestamp"),
        trail: ":",
    },
    ..STRIPE
};

const fn standard(id: &'static str, seconds: &'static str, signature: &'static str) -> Scheme {
    Scheme {
        signature,
        separator: ' ',
        prefix: "v1,",
        code: Encoding::Base64,
        secret: Encoding::Base64,
        signed: Signed::Dated {
            id: Some(id),
            lead: ".",
            seconds: Some(seconds),
            trail: ".",
        },
    }
}

/// `webhook-signature: v1,<base64>`, over `<id>.<seconds>.<body>`; `v1a`, by public key, is not verified.
pub const STANDARD: Scheme = standard("webhook-id", "webhook-timestamp", "webhook-signature");

/// The same in Svix's fields.
pub const SVIX: Scheme = standard("svix-id", "svix-timestamp", "svix-signature");

/// `X-Twilio-Signature: <base64>`, over the URL and the form's parameters.
pub const TWILIO: Scheme = Scheme {
    signature: "X-Twilio-Signature",
    signed: Signed::Form,
    ..SHOPIFY
};

/// A member of the only item, over some of its members.
pub const ADYEN: Scheme = Scheme {
    signature: "additionalData.hmacSignature",
    secret: Encoding::Hex,
    signed: Signed::Item,
    ..SHOPIFY
};

/// `X-Gitlab-Token`, which is the secret itself.
pub const GITLAB: Scheme = Scheme {
    signature: "X-Gitlab-Token",
    // No field has one in it: the whole field is the token.
    separator: '\n',
    code: Encoding::Text,
    signed: Signed::Nothing,
    ..SHOPIFY
};
