//! The metrics, for Prometheus.

use idempotency_core::lifecycle::{StatusName, UnixMillis};
use strum::VariantArray;

use super::exposition::{Family, Labels};
use crate::telemetry::{Count, HeldKey, HeldKeys, Outcome, Tally};

/// Writes all metrics.
#[must_use]
pub fn encode(tally: &Tally, held: &HeldKeys, now: UnixMillis) -> String {
    let records = tally.records.count(now);
    let families = [
        of_requests(tally),
        of_attempts(tally),
        of_records(tally, &records),
        of_held(&records, held, now),
        of_upstreams(tally),
    ];
    families.iter().flatten().map(Family::text).collect()
}

fn of_requests(tally: &Tally) -> Vec<Family> {
    let mut requests = Family::new(
        "idempotency_requests_total",
        "counter",
        "Requests with an idempotency key, or that should have one, by what became of them.",
    );
    let mut durations = Family::new(
        "idempotency_request_duration_seconds",
        "histogram",
        "From the arrival of such a request to its answer.",
    );
    for (operation, outcomes) in &tally.requests {
        for (outcome, histogram) in outcomes {
            let labels: Labels<'_> = &[("operation", operation), ("outcome", outcome.name())];
            requests.sample(labels, histogram.count());
            durations.histogram(labels, histogram);
        }
    }
    let mut replays = Family::new(
        "idempotency_replays_total",
        "counter",
        "First answers given again, by where they came from.",
    );
    for (source, count) in &tally.replays {
        replays.sample(&[("source", source)], *count);
    }
    let mut ratio = Family::new(
        "idempotency_replay_ratio",
        "gauge",
        "Replays, as a share of all requests that were executed or replayed.",
    );
    ratio.sample(&[], replay_ratio(tally));
    vec![requests, durations, replays, ratio]
}

fn of_attempts(tally: &Tally) -> Vec<Family> {
    let mut operations = Family::new(
        "idempotency_operation_duration_seconds",
        "histogram",
        "From the start of an attempt that completed to its end.",
    );
    for (operation, durations) in &tally.operations {
        operations.histogram(&[("operation", operation)], durations);
    }
    let mut recovered = Family::new(
        "idempotency_attempts_recovered_total",
        "counter",
        "Attempts that followed one that had failed, died or been given up.",
    );
    recovered.sample(&[], tally.recovered);
    vec![operations, recovered]
}

fn of_records(tally: &Tally, records: &Count) -> Vec<Family> {
    let mut living = Family::new(
        "idempotency_records",
        "gauge",
        "Records that have not expired, by status.",
    );
    for status in StatusName::VARIANTS {
        if let Some(number) = records.number(*status) {
            living.sample(&[("status", status.as_str())], number);
        }
    }
    let mut expired = Family::new(
        "idempotency_records_expired_total",
        "counter",
        "Records deleted at their expiry.",
    );
    expired.sample(&[], tally.expired);
    let mut bytes = Family::new(
        "idempotency_stored_bytes",
        "gauge",
        "What the records that have not expired take in their objects.",
    );
    bytes.sample(&[], records.bytes);
    vec![living, expired, bytes]
}

/// The numbers are those of all held keys, the ages those of the keys that are listed, the oldest first. To Prometheus, an
/// empty label is one that is not there.
fn of_held(records: &Count, held: &HeldKeys, now: UnixMillis) -> Vec<Family> {
    let mut numbers = Family::new(
        "idempotency_ambiguous_records",
        "gauge",
        "Records whose outcome is unknown, by operation, and by the upstream that it asks.",
    );
    let mut ages = Family::new(
        "idempotency_ambiguous_oldest_age_seconds",
        "gauge",
        "For how long the oldest of them has been so; 0 without any.",
    );
    for (name, number) in &records.held {
        let (upstream, operation) = name.split_once('\n').unwrap_or_default();
        let labels: Labels<'_> = &[("operation", operation), ("upstream", upstream)];
        let is_one = |key: &&HeldKey| {
            key.operation == operation && key.upstream.as_deref().unwrap_or_default() == upstream
        };
        let oldest = held.keys().iter().find(is_one);
        numbers.sample(labels, number);
        ages.sample(
            labels,
            oldest.map_or(0, |key| key.since.ms_until(now) / 1000),
        );
    }
    vec![numbers, ages]
}

fn of_upstreams(tally: &Tally) -> Vec<Family> {
    let mut requests = Family::new(
        "idempotency_upstream_requests_total",
        "counter",
        "Requests with a key that were sent to an upstream, by the class of its answer, or why there was none.",
    );
    for (name, count) in &tally.upstreams {
        let (answer, upstream) = name.split_once(' ').unwrap_or_default();
        requests.sample(&[("upstream", upstream), ("answer", answer)], count);
    }
    vec![requests]
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 53 bits"
)]
fn replay_ratio(tally: &Tally) -> f64 {
    let replayed = tally.with_outcome(Outcome::Replayed);
    let all = replayed.saturating_add(tally.with_outcome(Outcome::Executed));
    replayed as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{Event, Subject};

    #[test]
    fn durations_are_told_in_seconds_and_buckets_add_up() {
        let mut tally = Tally::default();
        let subject = Subject {
            operation: Some("a \"b\" \\ c"),
            ..Subject::NONE
        };
        for duration_ms in [1, 30, 20_001] {
            tally.add(&subject, &Event::Executed { duration_ms });
        }

        let text = encode(&tally, &HeldKeys::default(), UnixMillis(0));

        let labels = r#"operation="a \"b\" \\ c",outcome="executed""#;
        for (suffix, more, value) in [
            ("_bucket", ",le=\"0.001\"", "1"),
            ("_bucket", ",le=\"0.025\"", "1"),
            ("_bucket", ",le=\"2.5\"", "2"),
            ("_bucket", ",le=\"15\"", "2"),
            ("_bucket", ",le=\"+Inf\"", "3"),
            ("_sum", "", "20.032"),
            ("_count", "", "3"),
        ] {
            let line = format!(
                "\nidempotency_request_duration_seconds{suffix}{{{labels}{more}}} {value}\n"
            );
            assert!(text.contains(&line), "{line} is not in {text}");
        }
        assert!(text.contains("\nidempotency_records{status=\"FAILED\"} 0\n"));
        assert!(!text.contains("idempotency_replays_total"));
    }
}
