//! The rule about keys that are held: nobody has resolved them for long. Pure.

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
    let keys = held.keys().iter();
    let old: Vec<_> = keys.filter(|key| until(rules, key.since) <= now).collect();
    let mut found: Vec<Alert> = Vec::new();
    for oldest in &old {
        let place = oldest.place();
        if found
            .iter()
            .any(|alert| alert.about.as_deref() == Some(place))
        {
            continue;
        }
        let count = old.iter().filter(|key| key.place() == place).count();
        let keys = if count == 1 { "key has" } else { "keys have" };
        let threshold_s = rules.ambiguous_s;
        found.push(Alert {
            rule: RULE.to_owned(),
            about: Some(place.to_owned()),
            since: now,
            value: (oldest.since.ms_until(now) / 1000) as f64,
            threshold: threshold_s as f64,
            why: format!("{count} {keys} been AMBIGUOUS for {threshold_s} s or more."),
        });
    }
    found
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

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::{Fingerprint, OperationId, Record, Repeat, Status};

    use super::*;
    use crate::telemetry::{Held, Move, Place, Subject};

    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn keys_that_are_held_for_too_long_raise_one_alert_for_each_upstream() {
        let held = held(&[
            (0, Some("payments")),
            (1, Some("payments")),
            (2, None),
            (9, Some("mail")),
        ]);

        let found = judge(&rules(), &held, minutes(12));

        let told: Vec<_> = found
            .iter()
            .map(|alert| (alert.about.as_deref(), alert.value, &*alert.why))
            .collect();
        assert_eq!(
            told,
            [
                (
                    Some("payments"),
                    720.0,
                    "2 keys have been AMBIGUOUS for 600 s or more."
                ),
                (
                    Some("create_resource"),
                    600.0,
                    "1 key has been AMBIGUOUS for 600 s or more."
                ),
            ]
        );
        assert_eq!(judge(&rules(), &held, minutes(9)), []);
    }

    #[test]
    fn it_is_looked_at_again_when_a_key_has_been_held_for_too_long_and_when_one_expires() {
        let held = held(&[(0, None), (5, None)]);
        let next = |at| changes_at(&rules(), &held, minutes(at));

        assert_eq!(next(5), Some(minutes(10)));
        assert_eq!(next(10), Some(minutes(15)));
        assert_eq!(next(15), Some(minutes(60)));
        assert_eq!(next(60), Some(minutes(65)));
        assert_eq!(next(65), None);
    }

    fn rules() -> Rules {
        Rules {
            ambiguous_s: 600,
            ..Rules::default()
        }
    }

    const fn minutes(minutes: u64) -> UnixMillis {
        UnixMillis(minutes.saturating_mul(MINUTE_MS))
    }

    /// Keys by the minute since which they are held, for an hour, and by their upstream.
    fn held(keys: &[(u64, Option<&str>)]) -> HeldKeys {
        let mut held = HeldKeys::default();
        for (number, (minute, upstream)) in keys.iter().enumerate() {
            let record = Record {
                operation_id: OperationId(format!("operation {number}")),
                operation: "create_resource".to_owned(),
                fingerprint: Fingerprint([1; 32]),
                attempts: 1,
                created_at: minutes(*minute),
                updated_at: minutes(*minute),
                expires_at: minutes(*minute).plus_ms(60 * MINUTE_MS),
                repeat: Repeat::Never,
                trace_id: None,
                status: Status::Ambiguous,
            };
            let change = Move {
                from: None,
                to: Place::of(&record, 500),
                held: Some(Held::of(&record, *upstream)),
            };
            let subject = Subject {
                idempotency_key: Some("key"),
                scope: Some("scope"),
                ..Subject::NONE
            };
            held.add(&subject, &change, minutes(*minute));
        }
        held
    }
}
