//! Faults on demand, for local development and tests: `X-Fault`.

use serde::{Deserialize, Serialize};

/// The longest delay, in milliseconds: longer than any attempt may run.
const MAX_DELAY_MS: u64 = 60_000;

/// Something that goes wrong in one attempt.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The attempt waits before its effect.
    DelayMs(u64),
    /// It fails before its effect.
    FailBefore,
    /// It fails after its effect.
    FailAfter,
    /// The object is reset before the effect.
    AbortBefore,
    /// The object is reset after the effect.
    AbortAfter,
    /// The Rust code panics before the effect.
    Panic,
    /// The attempt does not end at its deadline, as if its timer never rang.
    Overrun,
}

/// Reads a comma-separated list of faults.
pub fn parse_faults(list: &str) -> Result<Vec<Fault>, String> {
    list.split(',').map(|name| parse(name.trim())).collect()
}

fn parse(name: &str) -> Result<Fault, String> {
    let delay = name
        .strip_prefix("delay=")
        .map(|ms| ms.parse().ok().filter(|ms| *ms <= MAX_DELAY_MS));
    match (name, delay) {
        (_, Some(Some(ms))) => Ok(Fault::DelayMs(ms)),
        ("fail-before", _) => Ok(Fault::FailBefore),
        ("fail-after", _) => Ok(Fault::FailAfter),
        ("abort-before", _) => Ok(Fault::AbortBefore),
        ("abort-after", _) => Ok(Fault::AbortAfter),
        ("panic", _) => Ok(Fault::Panic),
        ("overrun", _) => Ok(Fault::Overrun),
        _ => Err(format!(
            "a fault is delay=<ms up to {MAX_DELAY_MS}>, fail-before, fail-after, abort-before, \
             abort-after, panic or overrun"
        )),
    }
}
