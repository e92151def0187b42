//! The policy: which requests go to which upstream, and how each of them is made idempotent.
//!
//! It is `gateway.jsonc`, of which JavaScript has taken the comments. The types say what each field may be; `check.rs`
//! says what they cannot.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    ambiguous::AmbiguousRule,
    key_from::KeyFrom,
    stated::Stated,
    status::{StatusRule, is_final},
    webhook::WebhookRule,
};
use crate::operation::CallerSource;

/// The JSON Schema of a policy. The Worker does not carry it.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Policy).into()
}

/// What is in front of other APIs, and by which rules.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Where the JSON Schema of this file is, for editors.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "it is for editors alone")]
    schema: Option<String>,
    /// The APIs, by names of your own.
    pub upstreams: BTreeMap<String, UpstreamRule>,
    /// The protected requests. The first route that matches wins.
    #[serde(default)]
    pub routes: Vec<RouteRule>,
    /// What becomes of all other requests.
    #[serde(default)]
    pub default: Fallback,
}

/// What becomes of a request that no route matches.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fallback {
    /// It gets 404.
    #[default]
    #[serde(rename = "404")]
    NotFound,
    /// It passes to this upstream as it is.
    Pass(String),
}

/// An API. It has a `url` or a `binding`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamRule {
    /// Its https URL, which may have a path; http is allowed for this machine alone.
    #[serde(default)]
    pub url: Option<String>,
    /// The name of a service binding in `wrangler.toml`.
    #[serde(default)]
    pub binding: Option<String>,
    /// After how many seconds a request that has no whole answer times out.
    #[serde(default = "fifteen")]
    #[schemars(range(min = 1, max = 25))]
    pub timeout_s: u64,
    /// The header fields of requests to it.
    #[serde(default)]
    pub headers: FieldChanges,
}

const fn fifteen() -> u64 {
    15
}

/// What is changed of a request's header fields.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FieldChanges {
    /// Names and values. `secret:NAME` stands for the variable or secret `NAME`.
    pub set: BTreeMap<String, String>,
    /// Names of fields that are left out.
    pub remove: Vec<String>,
}

/// How some requests are protected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteRule {
    /// Which requests.
    pub r#match: MatchRule,
    /// The name of the upstream that they go to.
    pub upstream: String,
    /// How their path becomes the upstream's.
    #[serde(default)]
    pub rewrite: Rewrite,
    /// Whose key it is. `authenticated`: the caller of this service. `header:NAME`: who sends the same value of this
    /// field, such as `header:Authorization`; a request without it is refused. `route`: everybody, as for webhooks.
    #[serde(default = "authenticated")]
    pub caller: Stated<CallerSource>,
    /// The key of a request.
    #[serde(default)]
    pub key: KeyFrom,
    /// What makes a request the same as another, beside method, path and query. Unless it is set, the content type
    /// decides: JSON is compared by its meaning, `multipart/*` by its parts, everything else by its bytes.
    #[serde(default)]
    pub fingerprint: Option<FingerprintRule>,
    /// How many seconds an answer is kept.
    #[serde(default = "one_day")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub retention_s: Stated<u64>,
    /// What a request gets while the first one with its key runs.
    #[serde(default = "conflict")]
    pub in_progress: Stated<InProgress>,
    /// Which statuses are final answers. The last rule that matches a status decides.
    #[serde(default = "final_answers")]
    pub store: Stated<Vec<StatusRule>>,
    /// Statuses with which the upstream says that nothing was executed: they are passed on, and the key is free.
    #[serde(default = "not_executed")]
    pub not_executed: Stated<Vec<u16>>,
    /// What the upstream gets as a key.
    #[serde(default)]
    pub forward_key: ForwardKey,
    /// What becomes of a key whose request may have been executed.
    #[serde(default)]
    pub ambiguous: AmbiguousRule,
    /// What is kept of an answer.
    #[serde(default)]
    pub answer: AnswerRule,
    /// For requests that are webhooks: by whom they are signed. What the sender's preset knows is filled in where this route
    /// states nothing.
    #[serde(default)]
    pub webhook: Option<WebhookRule>,
}

const fn authenticated() -> Stated<CallerSource> {
    Stated::otherwise(CallerSource::Authenticated)
}

const fn conflict() -> Stated<InProgress> {
    Stated::otherwise(InProgress::Conflict)
}

const fn one_day() -> Stated<u64> {
    Stated::otherwise(86_400)
}

fn final_answers() -> Stated<Vec<StatusRule>> {
    let but = [401, 403, 407, 408, 421, 425, 429];
    let classes = [2, 3, 4].map(StatusRule::class);
    let rules = classes.into_iter().chain(but.map(StatusRule::but));
    Stated::otherwise(rules.collect())
}

fn not_executed() -> Stated<Vec<u16>> {
    // By RFC 9110, sections 15.5.2, 15.5.4 and 15.5.8, the first three say that the request was not applied.
    Stated::otherwise(vec![401, 403, 407, 421, 425, 429, 501, 505])
}

impl RouteRule {
    /// Whether an answer of this status says that nothing was executed.
    ///
    /// To a sender of webhooks, every answer but its final ones says that the event was not taken, and is to be sent again.
    /// Receivers are written for that, so it holds unless the policy states which statuses say so. But 504, and
    /// Cloudflare's 524, are not the receiver's word: something before it waited no longer, and it may still be at work.
    pub fn is_not_executed(&self, status: u16) -> bool {
        if self.webhook.is_some() && !self.not_executed.is_by_policy() {
            return !is_final(&self.store, status) && ![504, 524].contains(&status);
        }
        self.not_executed.contains(&status)
    }
}

/// Which requests a route is for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRule {
    /// Their methods, in capitals.
    #[serde(default = "post_and_patch")]
    pub methods: Vec<String>,
    /// Their path. `{name}` stands for the rest of a segment, `{*name}` at its end for one segment or more.
    pub path: String,
    /// Their host, without a port; any host, if it is not set.
    #[serde(default)]
    pub host: Option<String>,
}

fn post_and_patch() -> Vec<String> {
    ["POST", "PATCH"].map(str::to_owned).to_vec()
}

/// How a path becomes the upstream's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rewrite {
    /// What is taken from its beginning.
    pub strip: String,
    /// What is put there then.
    pub prefix: String,
}

/// How bodies are compared.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum FingerprintRule {
    /// By their meaning as JSON, without these members.
    Json {
        /// JSON Pointers (RFC 6901) of members that are left out.
        #[serde(default)]
        exclude: Vec<String>,
    },
    /// By their bytes.
    Bytes,
    /// Not at all, nor by method, path or query: the key alone decides.
    None,
}

/// What a request gets while the first one with its key runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InProgress {
    /// 409, at once.
    #[default]
    #[serde(rename = "409")]
    Conflict,
    /// 503, at once, for clients that repeat after 5xx and give up after 4xx.
    #[serde(rename = "503")]
    Unavailable,
    /// The answer, if it comes within so many seconds, from 1 to 30. Otherwise 409, or 503 for a webhook.
    WaitS(u64),
}

/// What the upstream gets as a key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardKey {
    /// `derived`: the operation's id, which no other caller's key can be. `as-sent`: the client's. `none`: nothing.
    pub r#as: ForwardAs,
    /// In which header field.
    pub field: String,
}

impl std::default::Default for ForwardKey {
    fn default() -> Self {
        Self {
            r#as: ForwardAs::Derived,
            field: "Idempotency-Key".to_owned(),
        }
    }
}

/// Which key the upstream gets.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardAs {
    /// The operation's id.
    Derived,
    /// The client's key.
    AsSent,
    /// None.
    None,
}

/// What is kept of an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerRule {
    /// The longest body that is kept, in bytes. Of a longer one, a retry gets status and header fields alone.
    #[schemars(range(max = 524_288))]
    pub max_bytes: usize,
    /// Names of header fields that the first answer alone has, beside `Set-Cookie`.
    pub not_replayed: Vec<String>,
}

impl std::default::Default for AnswerRule {
    fn default() -> Self {
        Self {
            max_bytes: 524_288,
            not_replayed: Vec::new(),
        }
    }
}
