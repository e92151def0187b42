//! Prometheus' text format, 0.0.4 ("Exposition formats"): metrics as text.

use std::fmt::{self, Display, Write};

use crate::telemetry::{BOUNDS_MS, Histogram};

/// What the text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A sample's labels, by name and value.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// The samples of one metric.
pub struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: String,
}

impl Family {
    /// A metric of this kind, without samples.
    pub const fn new(name: &'static str, kind: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            samples: String::new(),
        }
    }

    /// Adds a sample.
    pub fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, None, &value);
    }

    /// Adds the samples of a histogram. The buckets add up: each counts all durations up to its bound.
    pub fn histogram(&mut self, labels: Labels<'_>, durations: &Histogram) {
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

    /// The text: nothing, without samples, for a family without any is no valid text.
    pub fn text(&self) -> String {
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
