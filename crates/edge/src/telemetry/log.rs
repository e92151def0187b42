//! Log lines: one JSON object each.

use idempotency_core::lifecycle::UnixMillis;
use serde::Serialize;

use super::{Event, Subject};
use crate::{clock, settings::Level};

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: Level,
    message: &'static str,
    #[serde(flatten)]
    subject: Subject<'a>,
    #[serde(flatten)]
    event: &'a Event,
}

/// Writes the event's line to the log, if it matters enough.
pub fn log_line(subject: Subject<'_>, event: &Event, now: UnixMillis) {
    if !event.level().is_logged() {
        return;
    }
    let line = serde_json::to_string(&Line {
        timestamp: clock::rfc3339(now),
        level: event.level(),
        message: event.message(),
        subject,
        event,
    });
    let line = line.unwrap_or_else(|error| format!(r#"{{"level":"error","message":"{error}"}}"#));
    match event.level() {
        Level::Info => worker::console_log!("{line}"),
        Level::Warning => worker::console_warn!("{line}"),
        Level::Error => worker::console_error!("{line}"),
    }
}
