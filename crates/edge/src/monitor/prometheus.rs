//! The sums in Prometheus' text format, 0.0.4 ("Exposition formats").

use std::fmt::{self, Display, Write};

use idempotency_core::lifecycle::{StatusName, UnixMillis};
use strum::VariantArray;

use crate::telemetry::{BOUNDS_MS, Histogram, Outcome, Tally};

/// What the text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A sample's labels, by name and value.
type Labels<'a> = &'a [(&'a str, &'a str)];

/// Writes all metrics.
#[must_use]
pub fn encode(tally: &Tally, now: UnixMillis) -> String {
    let families = [
        of_requests(tally),
        of_attempts(tally),
        of_records(tally, now),
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

fn of_records(tally: &Tally, now: UnixMillis) -> Vec<Family> {
    let records = tally.records.count(now);
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

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 53 bits"
)]
fn replay_ratio(tally: &Tally) -> f64 {
    let replayed = tally.with_outcome(Outcome::Replayed);
    let all = replayed.saturating_add(tally.with_outcome(Outcome::Executed));
    replayed as f64 / all.max(1) as f64
}

/// The samples of one metric.
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: String,
}

impl Family {
    const fn new(name: &'static str, kind: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            samples: String::new(),
        }
    }

    fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, None, &value);
    }

    /// The buckets add up: each counts all durations up to its bound.
    fn histogram(&mut self, labels: Labels<'_>, durations: &Histogram) {
        let mut below = 0_u64;
        for (bound_ms, count) in BOUNDS_MS.into_iter().zip(durations.buckets) {
            below = below.saturating_add(count);
            self.line("_bucket", labels, Some(&Seconds(bound_ms)), &below);
        }
        let count = durations.count();
        self.line("_bucket", labels, Some(&"+Inf"), &count);
        self.line("_sum", labels, None, &Seconds(durations.sum_ms));
        self.line("_count", labels, None, &count);
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: Labels<'_>,
        bound: Option<&dyn Display>,
        value: &dyn Display,
    ) {
        let labels = labels.iter().map(|(name, value)| label(name, value));
        let bound = bound.map(|bound| label("le", &bound.to_string()));
        let all: Vec<_> = labels.chain(bound).collect();
        let labels = match &*all.join(",") {
            "" => String::new(),
            labels => format!("{{{labels}}}"),
        };
        // Writing to a string does not fail.
        let _ = writeln!(self.samples, "{}{suffix}{labels} {value}", self.name);
    }

    /// Nothing, without samples: a family without any is no valid text.
    fn text(&self) -> String {
        let Self {
            name,
            kind,
            help,
            samples,
        } = self;
        if samples.is_empty() {
            return String::new();
        }
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}")
    }
}

fn label(name: &str, value: &str) -> String {
    let value = value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}

/// Milliseconds, written as seconds: `0.025`, `1`, `2.5`.
struct Seconds(u64);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        formatter.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
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

        let text = encode(&tally, UnixMillis(0));

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
