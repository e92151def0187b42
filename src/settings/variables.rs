//! The variables that a deployment sets, read in one place; docs/configuration.md lists them.
//!
//! A variable that is absent or empty has its default. One with a wrong value is refused with its name: a
//! guess could keep answers for the wrong time.

use std::str::FromStr;

use thiserror::Error;
use worker::{
    Env,
    js_sys::{JSON, Reflect},
    wasm_bindgen::JsValue,
};

use crate::{lifecycle::Policy, operations::Retention};

/// What the variables say.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `IDEMPOTENCY_TTL_SECONDS`: how long answers are kept, in seconds.
    standard_retention_s: u64,
    /// `AUDIT_TTL_SECONDS`: the same for audit entries.
    audit_retention_s: u64,
    /// `ATTEMPT_DEADLINE_SECONDS`: after how many seconds a running attempt is given up.
    attempt_deadline_s: u64,
    /// `CORS_ALLOWED_ORIGINS`: the origins whose pages may call, as browsers write them.
    pub allowed_origins: Vec<String>,
    /// `FAULT_INJECTION`: whether `X-Fault` is obeyed.
    pub faults_allowed: bool,
}

/// A variable whose value cannot be meant.
#[derive(Debug, Error, PartialEq)]
#[error("the variable {name} must be {rule}")]
pub struct WrongSetting {
    name: &'static str,
    rule: &'static str,
}

impl Settings {
    /// Reads the variables of `env`.
    pub fn of(env: &Env) -> Result<Self, WrongSetting> {
        Self::read(|name| {
            let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
            // A variable that the configuration writes as a number or a list comes as one.
            let as_json = || JSON::stringify(&value).ok().map(String::from);
            value
                .as_string()
                .or_else(|| (!value.is_undefined()).then(as_json)?)
        })
    }

    /// Reads the variables that `variable` knows.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, WrongSetting> {
        let text = |name: &str| variable(name).filter(|value| !value.is_empty());
        Ok(Self {
            standard_retention_s: seconds(&text, "IDEMPOTENCY_TTL_SECONDS", 86_400)?,
            audit_retention_s: seconds(&text, "AUDIT_TTL_SECONDS", 3_600)?,
            attempt_deadline_s: deadline(&text)?,
            allowed_origins: origins(&text)?,
            faults_allowed: match text("FAULT_INJECTION").as_deref() {
                None | Some("off") => false,
                Some("on") => true,
                Some(_) => {
                    return Err(WrongSetting {
                        name: "FAULT_INJECTION",
                        rule: "on or off",
                    });
                }
            },
        })
    }

    /// How long the records of an operation with this retention may take and last.
    #[must_use]
    pub const fn policy(&self, retention: Retention) -> Policy {
        let retention_s = match retention {
            Retention::Standard => self.standard_retention_s,
            Retention::Audit => self.audit_retention_s,
        };
        Policy {
            retention_ms: retention_s.saturating_mul(1000),
            attempt_deadline_ms: self.attempt_deadline_s.saturating_mul(1000),
        }
    }

    /// How long the retention is, in seconds.
    #[must_use]
    pub const fn standard_retention_s(&self) -> u64 {
        self.standard_retention_s
    }

    /// How long the Worker waits for the object to answer a request that waits `wait_s` itself: an attempt
    /// that is waited for, one that then runs, and two seconds for the way.
    #[must_use]
    pub const fn call_deadline_ms(&self, wait_s: u64) -> u64 {
        self.attempt_deadline_s
            .saturating_add(wait_s)
            .saturating_add(2)
            .saturating_mul(1000)
    }
}

fn number<T: FromStr>(text: &impl Fn(&str) -> Option<String>, name: &str) -> Option<Result<T, ()>> {
    text(name).map(|value| value.parse().map_err(|_| ()))
}

fn seconds(
    text: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: u64,
) -> Result<u64, WrongSetting> {
    match number(text, name) {
        None => Ok(default),
        Some(Ok(value @ 1..=31_536_000)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name,
            rule: "a whole number of seconds from 1 to 31536000 (one year)",
        }),
    }
}

/// At most 25 seconds, so that a client that waits half a minute for an answer gets one.
fn deadline(text: &impl Fn(&str) -> Option<String>) -> Result<u64, WrongSetting> {
    const NAME: &str = "ATTEMPT_DEADLINE_SECONDS";
    match number(text, NAME) {
        None => Ok(15),
        Some(Ok(value @ 1..=25)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name: NAME,
            rule: "a whole number of seconds from 1 to 25",
        }),
    }
}

fn origins(text: &impl Fn(&str) -> Option<String>) -> Result<Vec<String>, WrongSetting> {
    const NAME: &str = "CORS_ALLOWED_ORIGINS";
    let Some(list) = text(NAME) else {
        return Ok(Vec::new());
    };
    let origins: Vec<_> = list
        .split(',')
        .map(|origin| origin.trim().to_owned())
        .collect();
    if origins.iter().all(|origin| is_origin(origin)) {
        Ok(origins)
    } else {
        Err(WrongSetting {
            name: NAME,
            rule: "a comma-separated list of origins such as https://shop.example, without a path",
        })
    }
}

/// An origin as browsers write it: in lower case, without a default port, a path or a slash. One that is
/// written in another way would never be met.
fn is_origin(text: &str) -> bool {
    let https = text.strip_prefix("https://").map(|host| (host, ":443"));
    let http = text.strip_prefix("http://").map(|host| (host, ":80"));
    https.or(http).is_some_and(|(host, default_port)| {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:[]".contains(&byte)
        };
        !host.is_empty() && host.bytes().all(allowed) && !host.ends_with(default_port)
    })
}
