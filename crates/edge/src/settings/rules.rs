//! `ALERT_RULES`: when to raise an alert.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When to raise an alert. What the configuration leaves out is as it is here.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Over how many seconds things are looked at.
    pub window_s: u64,
    /// Of how many requests a share means anything.
    pub min_requests: u64,
    /// Which share of all keyed requests may be mismatches.
    pub mismatch_share: f64,
    /// Which share of them may fail, or find nobody to answer.
    pub failure_share: f64,
    /// How many requests may meet a running one with their key.
    pub conflicts_per_key: u64,
    /// How many keys may be PROCESSING throughout the window.
    pub stuck_keys: u64,
    /// How long the slowest hundredth of an operation's attempts may take, in milliseconds.
    pub p99_ms: u64,
    /// How long a key may be AMBIGUOUS, in seconds.
    pub ambiguous_s: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            window_s: 60,
            min_requests: 20,
            mismatch_share: 0.1,
            failure_share: 0.05,
            conflicts_per_key: 50,
            stuck_keys: 10,
            p99_ms: 2500,
            ambiguous_s: 900,
        }
    }
}
