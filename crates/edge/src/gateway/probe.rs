//! Asking an upstream what became of a request: what is asked, and what its answer means.

use idempotency_core::{
    Request,
    lifecycle::{Finding, SavedResponse},
};

use super::{
    ambiguous::ProbeRule,
    fields::Fields,
    status::is_final,
    target::{Base, WrongPath, url},
};
use crate::operation::CallerSource;

/// The URL that is asked. A key or an id in it is one segment, or one value, whatever is in it.
pub fn probe_url(
    rule: &ProbeRule,
    base: &Base,
    key: &str,
    operation_id: &str,
) -> Result<String, WrongPath> {
    let filled = rule
        .path
        .replace("{operation_id}", &encoded(operation_id))
        .replace("{key}", &encoded(key));
    let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
    url(base, "", "", path, query)
}

/// Everything but unreserved characters (RFC 3986, section 2.3) is percent-encoded.
fn encoded(text: &str) -> String {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| {
        if is_unreserved(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

/// What the probe gets of the retry's header fields: who asks, for what kind of content, by what way it came, and in which
/// trace. An API that does not know who asks may say that there is nothing, which would be taken for its word.
pub fn probe_fields(request: &Request, caller: &CallerSource) -> Fields {
    let credentials = match caller {
        CallerSource::Header(name) => vec![name.as_str(), "authorization", "cookie"],
        CallerSource::Route => vec!["authorization", "cookie"],
        // They are this service's own.
        CallerSource::Authenticated => Vec::new(),
    };
    let is_passed = |name: &str| {
        let always = ["accept", "via", "traceparent", "tracestate"];
        let mut passed = always.iter().chain(&credentials);
        passed.any(|other| other.eq_ignore_ascii_case(name))
    };
    let fields = request.fields.iter();
    let passed = fields.filter(|(name, _)| is_passed(name)).cloned();
    let fresh = ("cache-control".to_owned(), "no-cache".to_owned());
    passed.chain([fresh]).collect()
}

/// What an answer to the probe means. One that a cache has kept for a while tells of a time before.
pub fn found(rule: &ProbeRule, response: SavedResponse) -> Finding {
    let is_age = |name: &str| name.eq_ignore_ascii_case("age");
    let mut fields = response.headers.iter();
    if fields.any(|(name, age)| is_age(name) && age.trim() != "0") {
        Finding::Unknown
    } else if is_final(&rule.absent, response.status) {
        Finding::Absent
    } else if is_final(&rule.done, response.status) {
        let status = rule.present_as.unwrap_or(response.status);
        Finding::Done(SavedResponse { status, ..response })
    } else {
        Finding::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> ProbeRule {
        serde_json::from_value(serde_json::json!({ "path": path })).unwrap()
    }

    #[test]
    fn a_key_is_one_segment_or_one_value_whatever_is_in_it() {
        let base = Base {
            origin: "https://api.example".to_owned(),
            path: "/v1".to_owned(),
        };
        let url = |path: &str, key: &str| probe_url(&rule(path), &base, key, "id-1");
        for (path, key, expected) in [
            ("/payments/{key}", "order-17", "/payments/order-17"),
            (
                "/payments/{key}/x",
                "a/b?c#d%2f",
                "/payments/a%2Fb%3Fc%23d%252f/x",
            ),
            (
                "/payments?ref={key}&id={operation_id}",
                "a&b=c",
                "/payments?ref=a%26b%3Dc&id=id-1",
            ),
            ("/{key}", "{operation_id}", "/%7Boperation_id%7D"),
        ] {
            let expected = format!("https://api.example/v1{expected}");
            assert_eq!(url(path, key), Ok(expected), "{path} {key}");
        }
        for key in [".", "..", "../admin", "\\"] {
            assert!(url("/payments/{key}", key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_probe_asks_as_the_client_does_unless_its_credential_is_this_services() {
        let names = [
            "Accept",
            "Authorization",
            "Cookie",
            "X-Tenant",
            "X-Other",
            "traceparent",
            "tracestate",
        ];
        let pair = |name: &str| (name.to_owned(), "v".to_owned());
        let request = Request {
            fields: names.map(pair).to_vec(),
            ..Request::default()
        };
        let passed = |caller| {
            let fields = probe_fields(&request, &caller).into_iter();
            fields.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };

        let tenant = CallerSource::Header("X-Tenant".to_owned());
        assert_eq!(
            passed(tenant),
            "Accept Authorization Cookie X-Tenant traceparent tracestate cache-control"
        );
        assert_eq!(
            passed(CallerSource::Route),
            "Accept Authorization Cookie traceparent tracestate cache-control"
        );
        assert_eq!(
            passed(CallerSource::Authenticated),
            "Accept traceparent tracestate cache-control"
        );
    }

    #[test]
    fn an_answer_that_a_cache_has_kept_says_nothing() {
        for (age, is_known) in [("0", true), ("1", false), ("31", false)] {
            let answer = SavedResponse {
                status: 404,
                headers: vec![("Age".to_owned(), age.to_owned())],
                body: Vec::new(),
            };

            let found = found(&rule("/{key}"), answer);

            assert_eq!(found == Finding::Absent, is_known, "{age}");
        }
    }

    #[test]
    fn an_answer_says_done_or_absent_or_nothing() {
        let answer = |status| SavedResponse {
            status,
            headers: Vec::new(),
            body: b"paid".to_vec(),
        };
        let presenting = ProbeRule {
            present_as: Some(201),
            ..rule("/{key}")
        };

        assert_eq!(found(&presenting, answer(200)), Finding::Done(answer(201)));
        assert_eq!(found(&presenting, answer(404)), Finding::Absent);
        for status in [303, 401, 410, 429, 500] {
            assert_eq!(
                found(&presenting, answer(status)),
                Finding::Unknown,
                "{status}"
            );
        }
    }
}
