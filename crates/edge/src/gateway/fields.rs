//! Which header fields pass, each way.

use idempotency_core::trace_id;

/// Fields of one connection (RFC 9110, section 7.6.1), and some that would make the platform wait or ask a proxy.
const OF_CONNECTION: [&str; 8] = [
    "connection",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
];

/// What says who asked, which only this service may say to an upstream. `cf-` fields are the platform's.
const OF_ORIGIN: [&str; 10] = [
    "forwarded",
    "true-client-ip",
    "x-forwarded-port",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
];

/// What describes a body as it was encoded (RFC 9110, section 8.4; RFC 9530), which a decoded body is not.
const OF_ENCODING: [&str; 6] = [
    "content-encoding",
    "content-length",
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
];

/// The longest `tracestate` that passes, in bytes. A longer one may be left out (W3C Trace Context, section 3.3.1.5).
const MAX_TRACE_STATE_BYTES: usize = 512;

/// Names and values, in order.
pub type Fields = Vec<(String, String)>;

/// Where a request came from.
#[derive(Debug)]
pub struct Came<'a> {
    /// The client's address, where the platform tells it.
    pub address: Option<&'a str>,
    /// Scheme, host and port that it was sent to.
    pub base_url: &'a str,
    /// How this service calls itself in `Via`.
    pub name: &'a str,
}

/// The fields that an upstream gets, of those of a request. Nothing, if the request has come through here twice: it goes
/// in a circle.
pub fn to_upstream(fields: &Fields, came: &Came<'_>) -> Option<Fields> {
    let via = values(fields, "via").collect::<Vec<_>>().join(", ");
    let names_us = via
        .split(',')
        .filter(|hop| hop.split_whitespace().nth(1) == Some(came.name));
    if names_us.count() >= 2 {
        return None;
    }
    let is_traced = values(fields, "traceparent").any(|value| trace_id(value).is_some());
    let mut passed: Fields = end_to_end(fields)
        .filter(|(name, value)| {
            let name = name.to_ascii_lowercase();
            // Nobody here makes a span, so a trace passes as it is. What is invalid is to be ignored, and its state with it.
            let is_fit = match name.as_str() {
                "traceparent" => is_traced,
                "tracestate" => is_traced && value.len() <= MAX_TRACE_STATE_BYTES,
                _ => true,
            };
            is_fit
                && !OF_ORIGIN.contains(&name.as_str())
                && !name.starts_with("cf-")
                && name != "content-length"
        })
        .cloned()
        .collect();
    let mut add = |name: &str, value: String| passed.push((name.to_owned(), value));
    if let Some(address) = came.address {
        add("x-forwarded-for", address.to_owned());
    }
    let (scheme, host) = came
        .base_url
        .split_once("://")
        .unwrap_or(("https", came.base_url));
    add("x-forwarded-host", host.to_owned());
    add("x-forwarded-proto", scheme.to_owned());
    let hops = if via.is_empty() {
        via
    } else {
        format!("{via}, ")
    };
    add("via", format!("{hops}1.1 {}", came.name));
    Some(passed)
}

/// The fields of an upstream's answer that a client gets. The platform decodes `Content-Encoding: gzip` and `br`, and
/// leaves the fields as they were.
pub fn to_client(fields: &Fields, ours: impl Fn(&str) -> Option<String>) -> Fields {
    let encoding = values(fields, "content-encoding")
        .next()
        .unwrap_or("identity");
    let encoding = encoding.trim().to_ascii_lowercase();
    let is_decoded = matches!(encoding.as_str(), "gzip" | "br");
    let passed = end_to_end(fields).filter_map(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        if is_decoded && OF_ENCODING.contains(&lower.as_str()) || lower == "content-length" {
            return None;
        }
        let value = match lower.as_str() {
            "etag" if is_decoded && !value.starts_with("W/") => format!("W/{value}"),
            "location" | "content-location" => ours(value).unwrap_or_else(|| value.clone()),
            _ => value.clone(),
        };
        Some((name.clone(), value))
    });
    passed.collect()
}

/// What is not of the connection, nor named by it.
fn end_to_end(fields: &Fields) -> impl Iterator<Item = &(String, String)> {
    let named: Vec<_> = values(fields, "connection")
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    fields.iter().filter(move |(name, _)| {
        let name = name.to_ascii_lowercase();
        !OF_CONNECTION.contains(&name.as_str())
            && !name.starts_with("proxy-")
            && !named.contains(&name)
    })
}

fn values<'a>(fields: &'a Fields, name: &'static str) -> impl Iterator<Item = &'a str> {
    let named = fields
        .iter()
        .filter(move |(own, _)| own.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    const CAME: Came<'_> = Came {
        address: Some("192.0.2.7"),
        base_url: "https://shop.example",
        name: "edge",
    };

    #[test]
    fn an_upstream_gets_what_is_not_of_the_connection_and_where_the_request_came_from() {
        let sent = fields(&[
            ("accept", "text/plain"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "9"),
            ("proxy-authorization", "secret"),
            ("expect", "100-continue"),
            ("transfer-encoding", "chunked"),
            ("content-length", "7"),
            ("host", "shop.example"),
            ("x-forwarded-for", "203.0.113.1"),
            ("cf-connecting-ip", "203.0.113.1"),
            ("via", "1.1 proxy"),
        ]);

        let passed = to_upstream(&sent, &CAME).unwrap();

        assert_eq!(
            passed,
            fields(&[
                ("accept", "text/plain"),
                ("x-forwarded-for", "192.0.2.7"),
                ("x-forwarded-host", "shop.example"),
                ("x-forwarded-proto", "https"),
                ("via", "1.1 proxy, 1.1 edge"),
            ])
        );
    }

    #[test]
    fn a_trace_passes_as_it_came_and_its_state_only_with_it() {
        let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        let longest = format!("vendor={}", "x".repeat(505));
        let too_long = format!("{longest}x");
        let passed = |traceparent: &str, tracestate: &str| {
            let sent = [("Traceparent", traceparent), ("tracestate", tracestate)];
            let passed = to_upstream(&fields(&sent), &CAME).unwrap().into_iter();
            let traced = passed.filter(|(name, _)| name.to_lowercase().starts_with("trace"));
            traced.map(|(_, value)| value).collect::<Vec<_>>()
        };

        assert_eq!(passed(valid, "a=1,b=2"), [valid, "a=1,b=2"]);
        assert_eq!(passed(later, &longest), [later, longest.as_str()]);
        assert_eq!(passed(valid, &too_long), [valid]);
        assert!(passed("ff-0-0-0", "a=1").is_empty());
        assert!(passed(&format!("{valid}, {valid}"), "a=1").is_empty());
    }

    #[test]
    fn a_request_that_comes_a_third_time_goes_in_a_circle() {
        assert!(to_upstream(&fields(&[("via", "1.1 edge, 1.0 other")]), &CAME).is_some());
        assert!(to_upstream(&fields(&[("via", "1.1 edge, 1.1 edge")]), &CAME).is_none());
    }

    #[test]
    fn a_client_gets_an_answer_that_is_true_of_the_decoded_body() {
        let answered = fields(&[
            ("content-type", "text/plain"),
            ("content-encoding", "gzip"),
            ("content-length", "20"),
            ("content-digest", "sha-256=:x:"),
            ("etag", "\"a\""),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("location", "https://api.example/v1/orders/7"),
            ("connection", "keep-alive"),
        ]);

        let ours = |location: &str| Some(format!("ours {location}"));

        let passed = to_client(&answered, ours);

        assert_eq!(
            passed,
            fields(&[
                ("content-type", "text/plain"),
                ("etag", "W/\"a\""),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
                ("location", "ours https://api.example/v1/orders/7"),
            ])
        );
        let encoded = fields(&[("content-encoding", "zstd"), ("etag", "\"a\"")]);
        assert_eq!(to_client(&encoded, |_| None), encoded);
    }
}
