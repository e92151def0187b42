//! Preflights: may a page of another origin call? (Fetch, "CORS protocol".)

use super::{
    answer::Answer, answer_field::AnswerField, exchange::Exchange, head::RequestField,
    problem::Problem, router::Router,
};
use crate::settings::Settings;

/// What a page may send: what the service reads, and what libraries add to every request of a page. Most of that is for
/// tracing (W3C Trace Context and Baggage, B3, Sentry, Datadog, New Relic, Elastic, Application Insights). The service
/// reads the first of these alone, but a page that sends another could not call otherwise.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, \
    X-Correlation-ID, X-Idempotency-Key, X-Request-ID, X-Requested-With, traceparent, tracestate, baggage, \
    sentry-trace, x-datadog-trace-id, x-datadog-parent-id, x-datadog-origin, x-datadog-sampling-priority, \
    x-datadog-sampled, x-datadog-tags, b3, x-b3-traceid, x-b3-spanid, x-b3-parentspanid, x-b3-sampled, x-b3-flags, \
    newrelic, elastic-apm-traceparent, request-id, request-context";

/// How many seconds a browser may remember the answer: the longest that any of them does.
const MAX_AGE_S: &str = "7200";

/// The answer to a preflight, if the request is one. It touches no key.
pub fn preflight(
    exchange: &Exchange,
    router: &Router,
    settings: &Settings,
) -> Result<Option<Answer>, Problem> {
    let origin = exchange.field(RequestField::Origin)?;
    let asked = exchange.field(RequestField::RequestMethod)?;
    let ("OPTIONS", Some(origin), Some(_)) = (exchange.method(), origin, asked) else {
        return Ok(None);
    };
    if !is_allowed(origin, &settings.allowed_origins) {
        return Err(Problem::forbidden_origin());
    }
    let more = settings.allowed_headers.iter();
    let headers = more.fold(ALLOWED_HEADERS.to_owned(), |list, name| {
        format!("{list}, {name}")
    });
    let answer = Answer::empty(204);
    Ok(Some(
        answer
            .with(AnswerField::AllowMethods, router.methods())
            .with(AnswerField::AllowHeaders, headers)
            .with(AnswerField::MaxAge, MAX_AGE_S),
    ))
}

/// Whether pages of `origin` may call. A port of `*` in the list stands for any port, or no port.
pub fn is_allowed(origin: &str, allowed: &[String]) -> bool {
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    allowed
        .iter()
        .any(|allowed| match allowed.strip_suffix(":*") {
            None => allowed == origin,
            Some(host) => origin
                .strip_prefix(host)
                .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_any_number_is_a_port_and_nothing_else() {
        let allowed = ["http://localhost:*", "https://shop.example"].map(str::to_owned);
        for origin in [
            "http://localhost",
            "http://localhost:3000",
            "https://shop.example",
        ] {
            assert!(is_allowed(origin, &allowed), "{origin}");
        }
        for origin in [
            "http://localhost:",
            "http://localhost:*",
            "http://localhost:3000.evil.example",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example",
            "https://localhost:3000",
            "http://127.0.0.1:3000",
            "https://shop.example:8443",
            "null",
            "",
        ] {
            assert!(!is_allowed(origin, &allowed), "{origin}");
        }
    }
}
