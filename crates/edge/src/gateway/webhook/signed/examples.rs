//! The senders' own examples. Their values are data; nothing of their code is here.

use idempotency_core::{Request, digest::sha256, lifecycle::UnixMillis};

use super::{key, proof};
use crate::gateway::webhook::preset::Preset;

/// An example of a sender's: what is sent, and the code that its documents or tests have.
pub struct Example {
    pub preset: Preset,
    pub secret: &'static str,
    pub now_s: u64,
    pub fields: Vec<(&'static str, &'static str)>,
    pub body: &'static [u8],
}

impl Example {
    pub fn request(&self) -> Request {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (name.to_lowercase(), (*value).to_owned()));
        Request {
            base_url: "https://mycompany.com".to_owned(),
            path: "/myapp.php".to_owned(),
            query: "foo=1&bar=2".to_owned(),
            fields: fields.collect(),
            body: self.body.to_vec(),
            ..Request::default()
        }
    }

    pub fn verify(&self, request: &Request, now_s: u64) -> Result<bool, String> {
        let scheme = self.preset.sender().scheme.unwrap();
        let key = key(&scheme, self.secret).unwrap();
        let proof = proof(
            &scheme,
            request,
            None,
            UnixMillis(now_s.saturating_mul(1000)),
        )?;
        let mut heads = proof.heads.iter();
        Ok(heads.any(|head| proof.has(&hmac(&key, &[head.as_slice(), proof.body].concat()))))
    }
}

/// HMAC (RFC 2104) with SHA-256, which the Worker has from the platform.
fn hmac(key: &[u8], content: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64);
    let padded = |with: u8| -> Vec<u8> {
        let bytes = key.iter().copied().chain(std::iter::repeat(0));
        bytes.take(64).map(|byte| byte ^ with).collect()
    };
    let inner = sha256(&[padded(0x36).as_slice(), content].concat());
    sha256(&[padded(0x5c).as_slice(), &inner].concat())
}

// github.com/stripe/stripe-dotnet: EventUtilityTest.cs and event_test_signature.json.
pub fn stripe() -> Example {
    Example {
        preset: Preset::Stripe,
        secret: "webhook_secret",
        now_s: 1_533_204_720,
        fields: vec![(
            "Stripe-Signature",
            "t=1533204620,v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7,\
             v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef",
        )],
        body: include_bytes!("stripe.json"),
    }
}

// docs.github.com: "Validating webhook deliveries", the values to test with.
pub fn github() -> Example {
    Example {
        preset: Preset::Github,
        secret: "It's a Secret to Everybody",
        now_s: 0,
        fields: vec![(
            "X-Hub-Signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        body: b"Hello, World!",
    }
}

// docs.slack.dev: "Verifying requests from Slack"; github.com/slackapi/python-slack-sdk: test_signature_verifier.py.
pub fn slack() -> Example {
    Example {
        preset: Preset::Slack,
        secret: "8f742231b10e8888abcd99yyyzzz85a5",
        now_s: 1_531_420_618,
        fields: vec![
            ("X-Slack-Request-Timestamp", "1531420618"),
            (
                "X-Slack-Signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            ),
        ],
        body: b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    }
}

// github.com/svix/svix-webhooks and github.com/standard-webhooks/standard-webhooks: the `sign` tests of their libraries.
pub fn standard() -> Example {
    Example {
        preset: Preset::Standard,
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now_s: 1_614_265_330,
        fields: vec![
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,MzJsNDcz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ],
        body: br#"{"test": 2432232314}"#,
    }
}

pub fn svix() -> Example {
    let fields = standard().fields.into_iter();
    let fields = fields.zip(["svix-id", "svix-timestamp", "svix-signature"]);
    Example {
        preset: Preset::Svix,
        fields: fields.map(|((_, value), name)| (name, value)).collect(),
        ..standard()
    }
}

// github.com/Adyen/adyen-node-api-library: hmacValidator.spec.ts.
pub fn adyen() -> Example {
    Example {
        preset: Preset::Adyen,
        secret: "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00",
        now_s: 0,
        fields: vec![],
        body: br#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"pspReference",
            "originalReference":"originalReference","merchantAccountCode":"merchantAccount","merchantReference":"reference",
            "amount":{"currency":"EUR","value":1000},"eventCode":"CAPTURE","success":"true","reason":"reason",
            "additionalData":{"hmacSignature":"xhpHvYq2u2Np0rstbZ6QjLGu7JWhvf7Iwaa6EviJSX0="}}}]}"#,
    }
}

// docs.adyen.com: "Verify HMAC signatures". There is no original reference.
fn adyen_of_the_documents() -> Example {
    Example {
        secret: "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        body:
            br#"{"notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284",
            "merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704",
            "amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true",
            "additionalData":{"hmacSignature":"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="}}}]}"#,
        ..adyen()
    }
}

pub fn examples() -> Vec<Example> {
    vec![
        stripe(),
        github(),
        slack(),
        standard(),
        svix(),
        adyen(),
        adyen_of_the_documents(),
    ]
}
