//! The rule about keys that are held: nobody has resolved them for long. Pure.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::UnixMillis;

use super::alerts::Alert;
use crate::{settings::Rules, telemetry::HeldKeys};

/// The rule's name.
pub const RULE: &str = "ambiguous_s";

/// What is wrong at `now`: one alert for each upstream, or operation that asks none, whatever the number of its keys.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "people read seconds with no more than 53 bits"
)]
pub fn judge(rules: &Rules, held: &HeldKeys, now: UnixMillis) -> Vec<Alert> {
    let mut places: BTreeMap<&str, (u64, UnixMillis)> = BTreeMap::new();
    for key in held.keys() {
        if until(rules, key.since) <= now {
            let (count, _) = places.entry(key.place()).or_insert((0, key.since));
            *count = count.saturating_add(1);
        }
    }
    let alert = |(place, (count, oldest)): (&str, (u64, UnixMillis))| {
        let threshold_s = rules.ambiguous_s;
        let keys = if count == 1 { "key has" } else { "keys have" };
        Alert {
            rule: RULE.to_owned(),
            about: Some(place.to_owned()),
            since: now,
            value: (oldest.ms_until(now) / 1000) as f64,
            threshold: threshold_s as f64,
            why: format!("{count} {keys} been AMBIGUOUS for {threshold_s} s or more."),
        }
    };
    places.into_iter().map(alert).collect()
}

/// When that changes, if nothing comes: another key has been held for too long, or a record expires.
#[must_use]
pub fn changes_at(rules: &Rules, held: &HeldKeys, now: UnixMillis) -> Option<UnixMillis> {
    let keys = held.keys().iter();
    let times = keys.flat_map(|key| [until(rules, key.since), key.expires_at]);
    times.filter(|time| *time > now).min()
}

/// How long a key may be held.
const fn until(rules: &Rules, since: UnixMillis) -> UnixMillis {
    since.plus_ms(rules.ambiguous_s.saturating_mul(1000))
}
