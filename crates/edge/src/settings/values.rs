//! From a variable's text to its value.

use std::str::FromStr;

use idempotency_core::{digest::sha256, lifecycle::MAX_RETENTION_S};
use thiserror::Error;

use super::urls::{is_loopback, is_public};
use super::{Level, Rules};

/// A variable whose value cannot be meant.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("the variable {name} must be {rule}")]
pub struct WrongSetting {
    /// Which one.
    pub name: &'static str,
    /// What it may be.
    pub rule: &'static str,
}

/// Shorter than this, a secret may be guessed by trying: 32 hex digits are 128 bits.
const MIN_SECRET_BYTES: usize = 32;

/// The text of a variable that is set.
pub trait Environment: Fn(&str) -> Option<String> {}
impl<F: Fn(&str) -> Option<String>> Environment for F {}

fn number<T: FromStr>(text: &impl Environment, name: &str) -> Option<Result<T, ()>> {
    text(name).map(|value| value.parse().map_err(|_| ()))
}

/// A lifetime.
pub fn seconds(
    text: &impl Environment,
    name: &'static str,
    default: u64,
) -> Result<u64, WrongSetting> {
    match number(text, name) {
        None => Ok(default),
        Some(Ok(value @ 1..=MAX_RETENTION_S)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name,
            rule: "a whole number of seconds from 1 to 31536000 (one year)",
        }),
    }
}

/// At most 25 seconds, so that a client that waits half a minute for an answer gets one.
pub fn deadline(text: &impl Environment) -> Result<u64, WrongSetting> {
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

/// The digest of a secret, or of nothing if it is not set.
pub fn secret(text: &impl Environment, name: &'static str) -> Result<[u8; 32], WrongSetting> {
    let secret = text(name).unwrap_or_default();
    if (1..MIN_SECRET_BYTES).contains(&secret.len()) {
        return Err(WrongSetting {
            name,
            rule: "32 characters or more, drawn at random",
        });
    }
    Ok(sha256(secret.as_bytes()))
}

/// A switch, and what it is where it is not set.
pub fn is_on(
    text: &impl Environment,
    name: &'static str,
    default: bool,
) -> Result<bool, WrongSetting> {
    match text(name).as_deref() {
        None => Ok(default),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(WrongSetting {
            name,
            rule: "on or off",
        }),
    }
}

/// How long a content may be. At most 1 MiB: it has to fit into a row of D1 with what stands beside it.
pub fn content_bytes(text: &impl Environment) -> Result<usize, WrongSetting> {
    const NAME: &str = "MAX_CONTENT_BYTES";
    match number(text, NAME) {
        None => Ok(262_144),
        Some(Ok(value @ 1024..=1_048_576)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name: NAME,
            rule: "a whole number of bytes from 1024 to 1048576 (1 MiB)",
        }),
    }
}

/// How many bytes of saved responses an isolate keeps: at most half of the memory that the platform gives it.
pub fn replay_memory(text: &impl Environment) -> Result<usize, WrongSetting> {
    const NAME: &str = "REPLAY_MEMORY_BYTES";
    match number(text, NAME) {
        None => Ok(8 * 1024 * 1024),
        Some(Ok(value @ 0..=67_108_864)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name: NAME,
            rule: "a whole number of bytes from 0 (nothing is kept) to 67108864 (64 MiB)",
        }),
    }
}

/// How much an event must matter to be logged.
pub fn log_level(text: &impl Environment) -> Result<Level, WrongSetting> {
    match text("LOG_LEVEL").as_deref() {
        None | Some("info") => Ok(Level::Info),
        Some("warning") => Ok(Level::Warning),
        Some("error") => Ok(Level::Error),
        Some(_) => Err(WrongSetting {
            name: "LOG_LEVEL",
            rule: "info, warning or error",
        }),
    }
}

/// How many objects add up what isolates count.
pub fn monitors(text: &impl Environment) -> Result<u32, WrongSetting> {
    const NAME: &str = "TELEMETRY_OBJECTS";
    match number(text, NAME) {
        None => Ok(1),
        Some(Ok(value @ 0..=64)) => Ok(value),
        Some(Ok(_) | Err(())) => Err(WrongSetting {
            name: NAME,
            rule: "a whole number from 0 (nothing is counted) to 64",
        }),
    }
}

/// When to raise an alert.
pub fn rules(text: &impl Environment) -> Result<Rules, WrongSetting> {
    let wrong = WrongSetting {
        name: "ALERT_RULES",
        rule: "a JSON object with some of window_s (1 to 3600), min_requests, mismatch_share, failure_share, \
               conflicts_per_key, stuck_keys, p99_ms and ambiguous_s",
    };
    let Some(json) = text("ALERT_RULES") else {
        return Ok(Rules::default());
    };
    let rules: Rules = serde_json::from_slice(json.as_bytes()).map_err(|_| wrong.clone())?;
    if (1..=3600).contains(&rules.window_s) {
        Ok(rules)
    } else {
        Err(wrong)
    }
}

/// Where alerts are told.
pub fn webhook(text: &impl Environment) -> Result<Option<String>, WrongSetting> {
    const NAME: &str = "ALERT_WEBHOOK_URL";
    match text(NAME) {
        Some(url) if !is_public(&url) && !is_loopback(&url) => Err(WrongSetting {
            name: NAME,
            rule: "an https URL of a public host name, without a user and a password",
        }),
        url => Ok(url),
    }
}

/// The origins whose pages may call.
pub fn origins(text: &impl Environment) -> Result<Vec<String>, WrongSetting> {
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
            rule: "a comma-separated list of origins such as https://shop.example, without a path; \
                   http://localhost:* stands for every port of this machine",
        })
    }
}

/// The names of header fields that pages may send, beside those that any page may.
pub fn header_names(text: &impl Environment) -> Result<Vec<String>, WrongSetting> {
    const NAME: &str = "CORS_ALLOWED_HEADERS";
    let Some(list) = text(NAME) else {
        return Ok(Vec::new());
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = |name: &String| !name.is_empty() && name.bytes().all(allowed);
    let names: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().all(is_name) {
        Ok(names)
    } else {
        Err(WrongSetting {
            name: NAME,
            rule: "a comma-separated list of header field names such as X-Team",
        })
    }
}

/// An origin as browsers write it: in lower case, without a default port, a path or a slash. One that is
/// written in another way would never be met. On this machine the port may be `*`: any port.
fn is_origin(text: &str) -> bool {
    let https = text.strip_prefix("https://").map(|host| (host, ":443"));
    let http = text.strip_prefix("http://").map(|host| (host, ":80"));
    https.or(http).is_some_and(|(host, default_port)| {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:[]".contains(&byte)
        };
        let plain = host.strip_suffix(":*").filter(|host| is_own_machine(host));
        let host = plain.unwrap_or(host);
        !host.is_empty() && host.bytes().all(allowed) && !host.ends_with(default_port)
    })
}

fn is_own_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Whether an origin that is allowed stands for every port of this machine.
pub fn is_any_port(origin: &str) -> bool {
    origin.ends_with(":*")
}
