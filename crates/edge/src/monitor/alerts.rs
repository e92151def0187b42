//! Rules with thresholds: what is wrong, since when and why. Pure.

use idempotency_core::lifecycle::UnixMillis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::Sums;
use crate::{settings::Rules, telemetry::Histogram};

/// Something is wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Alert {
    /// The rule, by the name of its threshold.
    pub rule: String,
    /// What it is about, where there are several: an operation, a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Since when, in milliseconds since 1970.
    #[schemars(with = "u64")]
    pub since: UnixMillis,
    /// What it is now.
    pub value: f64,
    /// What it may be.
    pub threshold: f64,
    /// The same in words.
    pub why: String,
}

impl Alert {
    fn is_the_same_as(&self, other: &Self) -> bool {
        (&self.rule, &self.about) == (&other.rule, &other.about)
    }
}

/// What is wrong at `now`, given the window's `sums` and how many keys have been PROCESSING all through it.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "shares and counts that people read need no more than 53 bits"
)]
pub fn judge(rules: &Rules, sums: &Sums, stuck: u64, now: UnixMillis) -> Vec<Alert> {
    let window_s = rules.window_s;
    let alert = |rule: &str, about: Option<&str>, value: f64, threshold: f64, why: String| Alert {
        rule: rule.to_owned(),
        about: about.map(str::to_owned),
        since: now,
        value,
        threshold,
        why,
    };
    let mut found = Vec::new();
    let all = sums.requests;
    for (rule, threshold, count, what) in [
        (
            "mismatch_share",
            rules.mismatch_share,
            sums.mismatches,
            "used a key of another request",
        ),
        (
            "failure_share",
            rules.failure_share,
            sums.failures,
            "failed, found nobody to answer or have an unknown outcome",
        ),
    ] {
        let share = count as f64 / all.max(1) as f64;
        if all >= rules.min_requests && share > threshold {
            let why = format!("{count} of {all} requests of the last {window_s} s {what}.");
            found.push(alert(rule, None, share, threshold, why));
        }
    }
    if let Some((key, count)) = sums.conflicts.iter().max_by_key(|(_, count)| **count)
        && *count > rules.conflicts_per_key
    {
        let why =
            format!("{count} requests of the last {window_s} s met a running one with their key.");
        let threshold = rules.conflicts_per_key as f64;
        found.push(alert(
            "conflicts_per_key",
            Some(key),
            *count as f64,
            threshold,
            why,
        ));
    }
    if stuck > rules.stuck_keys {
        let why = format!("{stuck} keys have been PROCESSING for {window_s} s or more.");
        found.push(alert(
            "stuck_keys",
            None,
            stuck as f64,
            rules.stuck_keys as f64,
            why,
        ));
    }
    for (operation, durations) in &sums.operations {
        if durations.count() >= rules.min_requests.max(1) && is_over(durations, rules.p99_ms) {
            let p99_ms = durations.quantile_ms(0.99);
            let told = p99_ms.map_or("more than 15000 ms".to_owned(), |ms| {
                format!("up to {ms} ms")
            });
            let why = format!(
                "The slowest hundredth of {operation} took {told} in the last {window_s} s."
            );
            let value = p99_ms.unwrap_or(u64::from(u32::MAX)) as f64;
            found.push(alert(
                "p99_ms",
                Some(operation),
                value,
                rules.p99_ms as f64,
                why,
            ));
        }
    }
    found
}

fn is_over(durations: &Histogram, threshold_ms: u64) -> bool {
    durations
        .quantile_ms(0.99)
        .is_none_or(|ms| ms > threshold_ms)
}

/// How alerts have changed.
#[derive(Debug, Default, PartialEq)]
pub struct Change {
    /// Those that were not there before.
    pub raised: Vec<Alert>,
    /// Those that are gone.
    pub cleared: Vec<Alert>,
}

/// Goes from the alerts that there were to those that there are: one that goes on keeps its beginning.
#[must_use]
pub fn change(before: &[Alert], mut found: Vec<Alert>) -> (Vec<Alert>, Change) {
    let gone = |alert: &&Alert| !found.iter().any(|found| found.is_the_same_as(alert));
    let mut change = Change {
        cleared: before.iter().filter(gone).cloned().collect(),
        ..Change::default()
    };
    for alert in &mut found {
        match before.iter().find(|before| before.is_the_same_as(alert)) {
            Some(before) => alert.since = before.since,
            None => change.raised.push(alert.clone()),
        }
    }
    (found, change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        monitor::window::Window,
        telemetry::{Batch, Event, Subject},
    };

    const RULES: Rules = Rules {
        window_s: 60,
        min_requests: 10,
        mismatch_share: 0.1,
        failure_share: 0.2,
        conflicts_per_key: 3,
        stuck_keys: 2,
        p99_ms: 100,
        ambiguous_s: 900,
    };
    const NOW: UnixMillis = UnixMillis(1000);

    #[test]
    fn nothing_is_wrong_while_every_figure_is_within_its_threshold() {
        let window = window(&[
            (6, executed()),
            (1, Event::Mismatch { duration_ms: 1 }),
            (3, Event::InProgress { duration_ms: 1 }),
        ]);

        assert_eq!(judge(&RULES, window.sums(), 2, NOW), []);
    }

    #[test]
    fn a_figure_over_its_threshold_is_told_with_its_reason() {
        let window = window(&[
            (1, executed()),
            (2, Event::Mismatch { duration_ms: 1 }),
            (3, Event::Unanswered { duration_ms: 1 }),
            (4, Event::InProgress { duration_ms: 1 }),
        ]);

        let found = judge(&RULES, window.sums(), 3, NOW);

        let told: Vec<_> = found
            .iter()
            .map(|alert| (&*alert.rule, alert.value, alert.since))
            .collect();
        assert_eq!(
            told,
            [
                ("mismatch_share", 0.2, NOW),
                ("failure_share", 0.3, NOW),
                ("conflicts_per_key", 4.0, NOW),
                ("stuck_keys", 3.0, NOW),
            ]
        );
        assert_eq!(
            found[1].why,
            "3 of 10 requests of the last 60 s failed, found nobody to answer or have an unknown outcome."
        );
        assert_eq!(found[2].about.as_deref(), Some("key"));
    }

    #[test]
    fn a_slow_operation_is_named() {
        let completed = |duration_ms| Event::Completed {
            attempt: 1,
            duration_ms,
            record: crate::telemetry::Move::default(),
        };
        let found = judge(
            &RULES,
            window(&[(20, completed(5)), (2, completed(120))]).sums(),
            0,
            NOW,
        );

        assert_eq!(found.len(), 1);
        assert_eq!(found[0].about.as_deref(), Some("create_resource"));
        let few = window(&[(5, completed(500))]);
        assert_eq!(judge(&RULES, few.sums(), 0, NOW), []);
    }

    #[test]
    fn an_alert_that_goes_on_keeps_its_beginning_and_one_that_is_over_is_cleared() {
        let all = judge(
            &RULES,
            window(&[(5, executed()), (5, Event::Mismatch { duration_ms: 1 })]).sums(),
            3,
            NOW,
        );
        let later = UnixMillis(9000);
        let left = judge(&RULES, &Sums::default(), 3, later);

        let (alerts, change) = change(&all, left);

        assert_eq!(alerts.len(), 1);
        assert_eq!((&*alerts[0].rule, alerts[0].since), ("stuck_keys", NOW));
        assert_eq!(change.raised, []);
        assert_eq!(change.cleared.len(), 1);
        assert_eq!(change.cleared[0].rule, "mismatch_share");
    }

    fn executed() -> Event {
        Event::Executed { duration_ms: 1 }
    }

    fn window(events: &[(u32, Event)]) -> Window {
        let mut batch = Batch::default();
        let subject = Subject {
            operation: Some("create_resource"),
            idempotency_key: Some("key"),
            ..Subject::NONE
        };
        for (count, event) in events {
            (0..*count).for_each(|_| batch.add(&subject, event, NOW));
        }
        let mut window = Window::default();
        window.add(&batch, 60_000, NOW);
        window
    }
}
