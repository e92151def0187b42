//! Log lines: one JSON object each.

use idempotency_core::lifecycle::UnixMillis;
use serde::Serialize;
use serde_json::to_string;

use super::{Event, Subject};
use crate::{clock, settings::Level};

#[derive(Serialize)]
struct Head {
    timestamp: String,
    level: Level,
    message: &'static str,
}

/// Writes the event's line to the log, if it matters enough.
pub fn log_line(subject: Subject<'_>, event: &Event, now: UnixMillis) {
    if !event.level().is_logged() {
        return;
    }
    let line = line(subject, event, now);
    let line = line.unwrap_or_else(|error| format!(r#"{{"level":"error","message":"{error}"}}"#));
    match event.level() {
        Level::Info => worker::console_log!("{line}"),
        Level::Warning => worker::console_warn!("{line}"),
        Level::Error => worker::console_error!("{line}"),
    }
}

/// The members of three objects in one. (serde's `flatten` would write each of them through a map.)
fn line(subject: Subject<'_>, event: &Event, now: UnixMillis) -> Result<String, serde_json::Error> {
    let head = Head {
        timestamp: clock::rfc3339(now),
        level: event.level(),
        message: event.message(),
    };
    let objects = [to_string(&head)?, to_string(&subject)?, to_string(event)?];
    let members = objects.each_ref().map(|object| {
        let members = object.strip_prefix('{');
        members.and_then(|members| members.strip_suffix('}'))
    });
    let members: Vec<_> = members
        .into_iter()
        .flatten()
        .filter(|all| !all.is_empty())
        .collect();
    Ok(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Move;

    #[test]
    fn a_line_is_one_object_also_of_an_event_that_carries_nothing() {
        let expired = Event::Expired {
            record: Move::default(),
        };
        let late = Event::Late { attempt: 2 };
        for (event, more) in [(expired, ""), (late, r#","attempt":2"#)] {
            let line = line(Subject::NONE, &event, UnixMillis(0)).unwrap();

            let start = r#"{"timestamp":"1970-01-01T00:00:00.000Z","level":"#;
            assert!(line.starts_with(start), "{line}");
            let end = format!(r#""operation":null,"caller":null{more}}}"#);
            assert!(line.ends_with(&end), "{line}");
        }
    }
}
