//! What the variables say.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::{Repeat, Terms};
use worker::{
    Env,
    js_sys::{JSON, Reflect},
    wasm_bindgen::JsValue,
};

use super::{
    ApiTokens, Copies, JwtIssuer, Level, Retention, Rules, WrongSetting,
    urls::is_loopback,
    values::{
        content_bytes, deadline, header_names, is_any_port, is_on, log_level, monitors, origins,
        replay_memory, rules, seconds, secret, webhook,
    },
};
use crate::store::wrong_variable;

/// What the variables say.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `IDEMPOTENCY_TTL_SECONDS`, and the variables that operations name: how long answers are kept, in seconds.
    retentions_s: BTreeMap<&'static str, u64>,
    /// `ATTEMPT_DEADLINE_SECONDS`: after how many seconds a running attempt is given up.
    attempt_deadline_s: u64,
    /// `MAX_CONTENT_BYTES`: the longest content of a request, in bytes.
    pub max_content_bytes: usize,
    /// `CORS_ALLOWED_ORIGINS`: the origins whose pages may call, as browsers write them; a port may be `*`.
    pub allowed_origins: Vec<String>,
    /// `CORS_ALLOWED_HEADERS`: the header fields that pages may send, beside those that any page may.
    pub allowed_headers: Vec<String>,
    /// `FAULT_INJECTION`: whether `X-Fault` is obeyed.
    pub faults_allowed: bool,
    /// `START_PAGE`: whether a browser sees a key at work at `/`.
    pub has_start_page: bool,
    /// `REPLAY_SECRET`: the digest of what copies in KV are sealed with; of nothing if there is none.
    pub replay_secret: [u8; 32],
    /// `REPLAY_COPIES`: which completed answers are copied into KV.
    pub copies: Copies,
    /// `REPLAY_MEMORY_BYTES`: how many bytes of saved responses one isolate keeps.
    pub replay_memory_bytes: usize,
    /// `LOG_LEVEL`: how much an event must matter to be logged.
    log_level: Level,
    /// `TELEMETRY_OBJECTS`: how many objects add up what isolates count; 0 if none, and nothing is counted.
    pub telemetry_objects: u32,
    /// `ALERT_RULES`: when to raise an alert.
    pub rules: Rules,
    /// `ALERT_WEBHOOK_URL`: where alerts are told.
    pub alert_webhook_url: Option<String>,
    /// `AUTH`, and the variables that say who may call.
    pub auth: Auth,
}

/// Who may call.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    /// Everybody: `AUTH=off`, for local development. A bearer token is taken for its caller's name.
    Off,
    /// Those with a token that is known, or that the issuer has signed. Nobody, if neither is configured.
    On {
        /// `API_TOKENS`
        tokens: ApiTokens,
        /// `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_JWKS_URL`
        issuer: Option<JwtIssuer>,
    },
}

impl Settings {
    /// The variables of `env`, those of these retentions among them.
    pub fn of(
        env: &Env,
        retentions: impl Iterator<Item = Retention>,
    ) -> Result<Self, WrongSetting> {
        if let Some((name, rule)) = wrong_variable(env) {
            return Err(WrongSetting { name, rule });
        }
        let settings = Self::read_env(env, retentions)?;
        settings.log_level.log_from_here();
        Ok(settings)
    }

    fn read_env(
        env: &Env,
        retentions: impl Iterator<Item = Retention>,
    ) -> Result<Self, WrongSetting> {
        let variable = |name: &str| {
            let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
            // A variable that the configuration writes as a number or a list comes as one.
            let as_json = || JSON::stringify(&value).ok().map(String::from);
            value
                .as_string()
                .or_else(|| (!value.is_undefined()).then(as_json)?)
        };
        Self::read(variable, retentions)
    }

    /// Reads the variables that `variable` knows.
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
        retentions: impl Iterator<Item = Retention>,
    ) -> Result<Self, WrongSetting> {
        let text = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut retentions_s = BTreeMap::new();
        for retention in retentions.chain([Retention::Standard]) {
            if let (Some(name), default_s) = retention.variable() {
                retentions_s.insert(name, seconds(&text, name, default_s)?);
            }
        }
        Ok(Self {
            retentions_s,
            attempt_deadline_s: deadline(&text)?,
            max_content_bytes: content_bytes(&text)?,
            allowed_origins: origins(&text)?,
            allowed_headers: header_names(&text)?,
            faults_allowed: is_on(&text, "FAULT_INJECTION", false)?,
            has_start_page: is_on(&text, "START_PAGE", false)?,
            replay_secret: secret(&text, "REPLAY_SECRET")?,
            copies: Copies::read(&text)?,
            replay_memory_bytes: replay_memory(&text)?,
            log_level: log_level(&text)?,
            telemetry_objects: monitors(&text)?,
            rules: rules(&text)?,
            alert_webhook_url: webhook(&text)?,
            auth: if is_on(&text, "AUTH", true)? {
                Auth::On {
                    tokens: ApiTokens::read(&text)?,
                    issuer: JwtIssuer::read(&text)?,
                }
            } else {
                Auth::Off
            },
        })
    }

    /// The variable that may only be set as it is where the service is called on its own machine, if there is
    /// one. A deployment that has it is not to serve.
    #[must_use]
    pub fn local_only(&self) -> Option<WrongSetting> {
        let (name, rule) = match &self.auth {
            Auth::Off => (
                "AUTH",
                "on, or absent, wherever the service is not called as localhost",
            ),
            Auth::On {
                issuer: Some(issuer),
                ..
            } if issuer.is_local() => (
                "JWT_JWKS_URL",
                "an https URL wherever the service is not called as localhost",
            ),
            Auth::On { .. } if self.alert_webhook_url.as_deref().is_some_and(is_loopback) => (
                "ALERT_WEBHOOK_URL",
                "an https URL wherever the service is not called as localhost",
            ),
            Auth::On { .. } if self.faults_allowed => (
                "FAULT_INJECTION",
                "off, or absent, wherever the service is not called as localhost",
            ),
            Auth::On { .. }
                if self
                    .allowed_origins
                    .iter()
                    .any(|origin| is_any_port(origin)) =>
            {
                (
                    "CORS_ALLOWED_ORIGINS",
                    "without a port of * wherever the service is not called as localhost",
                )
            }
            Auth::On { .. } => return None,
        };
        Some(WrongSetting { name, rule })
    }

    /// The terms of an operation with this retention and, if it has one, a deadline of its own.
    #[must_use]
    pub fn terms(&self, retention: Retention, deadline_s: Option<u64>, repeat: Repeat) -> Terms {
        let deadline_s = deadline_s.unwrap_or(self.attempt_deadline_s);
        Terms {
            retention_ms: self.retention_s(retention).saturating_mul(1000),
            attempt_deadline_ms: deadline_s.saturating_mul(1000),
            grace_ms: 0,
            absent_after_ms: 0,
            repeat,
        }
    }

    /// How long this retention is, in seconds.
    #[must_use]
    pub fn retention_s(&self, retention: Retention) -> u64 {
        let (name, default_s) = retention.variable();
        let read = name.and_then(|name| self.retentions_s.get(name));
        read.copied().unwrap_or(default_s)
    }

    /// How long the Worker waits for the object to answer a request that waits `wait_s` itself: an attempt that is waited
    /// for, one that then runs, until its own deadline if it has one, and two seconds for the way.
    #[must_use]
    pub fn call_deadline_ms(&self, deadline_s: Option<u64>, wait_s: u64) -> u64 {
        deadline_s
            .unwrap_or(self.attempt_deadline_s)
            .saturating_add(wait_s)
            .saturating_add(2)
            .saturating_mul(1000)
    }
}
