//! The sums in Prometheus' text format.

use prometheus::{
    Encoder, TextEncoder,
    proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType},
};

use crate::{
    lifecycle::UnixMillis,
    telemetry::{self, BOUNDS_MS, Outcome, Tally},
};

/// What the text is. (Prometheus: "Exposition formats", text format 0.0.4.)
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A sample's labels, by name and value.
type Labels<'a> = &'a [(&'a str, &'a str)];

/// Writes all metrics.
pub fn encode(tally: &Tally, now: UnixMillis) -> Result<Vec<u8>, prometheus::Error> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&families(tally, now), &mut text)?;
    Ok(text)
}

fn families(tally: &Tally, now: UnixMillis) -> Vec<MetricFamily> {
    let records = tally.records.count(now);
    let mut requests = Vec::new();
    let mut durations = Vec::new();
    for (operation, outcomes) in &tally.requests {
        for (outcome, histogram) in outcomes {
            let labels: Labels<'_> = &[("operation", operation), ("outcome", outcome.name())];
            requests.push(counter(labels, histogram.count()));
            durations.push(distribution(labels, histogram));
        }
    }
    let operations = tally.operations.iter();
    let replays = tally.replays.iter();
    let family = |kind, name: &str, help: &str, metrics: Vec<Metric>| {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        family
    };
    let families = vec![
        family(
            MetricType::COUNTER,
            "idempotency_requests_total",
            "Requests with an idempotency key, or that should have one, by what became of them.",
            requests,
        ),
        family(
            MetricType::HISTOGRAM,
            "idempotency_request_duration_seconds",
            "From the arrival of such a request to its answer.",
            durations,
        ),
        family(
            MetricType::HISTOGRAM,
            "idempotency_operation_duration_seconds",
            "From the start of an attempt that completed to its end.",
            operations
                .map(|(operation, durations)| distribution(&[("operation", operation)], durations))
                .collect(),
        ),
        family(
            MetricType::COUNTER,
            "idempotency_replays_total",
            "First answers given again, by where they came from.",
            replays
                .map(|(source, count)| counter(&[("source", source)], *count))
                .collect(),
        ),
        family(
            MetricType::GAUGE,
            "idempotency_replay_ratio",
            "Replays, as a share of all requests that were executed or replayed.",
            vec![gauge(&[], replay_ratio(tally))],
        ),
        family(
            MetricType::COUNTER,
            "idempotency_attempts_recovered_total",
            "Attempts that followed one that had failed, died or been given up.",
            vec![counter(&[], tally.recovered)],
        ),
        family(
            MetricType::GAUGE,
            "idempotency_records",
            "Records that have not expired, by status.",
            vec![
                gauge(&[("status", "PROCESSING")], number(records.processing)),
                gauge(&[("status", "COMPLETED")], number(records.completed)),
                gauge(&[("status", "FAILED")], number(records.failed)),
            ],
        ),
        family(
            MetricType::COUNTER,
            "idempotency_records_expired_total",
            "Records deleted at their expiry.",
            vec![counter(&[], tally.expired)],
        ),
        family(
            MetricType::GAUGE,
            "idempotency_stored_bytes",
            "What the records that have not expired take in their objects.",
            vec![gauge(&[], number(records.bytes))],
        ),
    ];
    // A family without samples is no valid text.
    families
        .into_iter()
        .filter(|family| !family.get_metric().is_empty())
        .collect()
}

fn replay_ratio(tally: &Tally) -> f64 {
    let replayed = float(tally.with_outcome(Outcome::Replayed));
    let executed = float(tally.with_outcome(Outcome::Executed));
    if replayed > 0.0 {
        replayed / (replayed + executed)
    } else {
        0.0
    }
}

fn counter(labels: Labels<'_>, count: u64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(float(count));
    let mut metric = labelled(labels);
    metric.set_counter(counter);
    metric
}

fn gauge(labels: Labels<'_>, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = labelled(labels);
    metric.set_gauge(gauge);
    metric
}

fn distribution(labels: Labels<'_>, durations: &telemetry::Histogram) -> Metric {
    let mut histogram = Histogram::default();
    let mut below = 0_u64;
    let buckets = BOUNDS_MS
        .iter()
        .zip(durations.buckets)
        .map(|(bound_ms, count)| {
            below = below.saturating_add(count);
            let mut bucket = Bucket::default();
            bucket.set_cumulative_count(below);
            bucket.set_upper_bound(float(*bound_ms) / 1000.0);
            bucket
        });
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(durations.count());
    histogram.set_sample_sum(float(durations.sum_ms) / 1000.0);
    let mut metric = labelled(labels);
    metric.set_histogram(histogram);
    metric
}

fn labelled(labels: Labels<'_>) -> Metric {
    let pairs = labels.iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    });
    Metric::from_label(pairs.collect())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus counts in floats; 2^53 requests are far away"
)]
const fn float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "the same")]
const fn number(count: i64) -> f64 {
    count as f64
}
