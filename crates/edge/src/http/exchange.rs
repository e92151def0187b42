//! What is known of a request before its content is read.

use std::net::IpAddr;

use idempotency_core::{lifecycle::UnixMillis, trace_id};
use uuid::Uuid;
use worker::{wasm_bindgen::JsValue, web_sys};

use super::{
    head::{Head, RequestField},
    problem::Problem,
};
use crate::{
    clock,
    telemetry::{Event, Subject},
};

/// The longest value of a header field, in bytes: far longer than any that means something here. What is
/// longer is work for every parser it meets.
const MAX_FIELD_BYTES: usize = 8192;

/// How much of the second of a request's timer may be over, in milliseconds, if it is to be waited for.
const MAX_LATE_MS: u64 = 200;

/// One request, and what its answer must carry.
#[derive(Debug)]
pub struct Exchange {
    /// Scheme, host and port, such as `http://localhost:8000`.
    pub base_url: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without its question mark, as it was sent.
    pub query: String,
    /// `X-Correlation-ID`, or a new one.
    pub correlation_id: String,
    /// The trace that it belongs to, by a valid `traceparent`.
    pub trace_id: Option<String>,
    /// `Origin`, which browsers send.
    pub origin: Option<String>,
    /// When its head came.
    pub arrived_at: UnixMillis,
    /// What rings a second later, unless it has been reading content for as long.
    timer: Option<JsValue>,
    head: Head,
}

impl Exchange {
    /// Reads the request line and the header fields that every request may have. One that is too long is as
    /// good as absent here: whatever happens, the answer needs these.
    #[must_use]
    pub fn of(request: &web_sys::Request, arrived_at: UnixMillis) -> Self {
        let head = Head::of(request);
        let (base_url, path, query) = split(&head.url);
        let short = |field| head.value(field).filter(|value| is_short(value));
        Self {
            base_url: base_url.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            correlation_id: short(RequestField::CorrelationId)
                .filter(|id| is_correlation_id(id))
                .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned),
            trace_id: short(RequestField::TraceParent)
                .and_then(trace_id)
                .map(str::to_owned),
            origin: short(RequestField::Origin).map(str::to_owned),
            arrived_at,
            timer: None,
            head,
        }
    }

    /// The same with its timer.
    #[must_use]
    pub fn with(self, timer: Option<JsValue>) -> Self {
        Self { timer, ..self }
    }

    /// Its timer, unless so much time is over that it would ring too soon for what begins now.
    #[must_use]
    pub fn timer(&self) -> Option<&JsValue> {
        let timer = self.timer.as_ref();
        timer.filter(|_| self.duration_ms() < MAX_LATE_MS)
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.head.method
    }

    /// A header field's value.
    pub fn field(&self, field: RequestField) -> Result<Option<&str>, Problem> {
        match self.head.value(field) {
            Some(value) if !is_short(value) => {
                Err(Problem::field_too_large(field.name(), MAX_FIELD_BYTES))
            }
            value => Ok(value),
        }
    }

    /// The value of the header field of this name, unless it is empty.
    #[must_use]
    pub fn any_field(&self, name: &str) -> Option<String> {
        let fields = self.all_fields().into_iter();
        let mut values =
            fields.filter(|(own, value)| own.eq_ignore_ascii_case(name) && !value.is_empty());
        values.next().map(|(_, value)| value)
    }

    /// All header fields, names in lower case.
    #[must_use]
    pub fn all_fields(&self) -> Vec<(String, String)> {
        self.head.all_fields()
    }

    /// The host that it was sent to, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        // Nothing in front of an @ is a host, whatever it looks like.
        let authority = authority.rsplit('@').next().unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether the service is called on its own machine. Deployed, it has a name; a client that claims another
    /// in `Host` does not reach it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Refuses a request of a page of another origin.
    pub fn is_ours(&self) -> Result<(), Problem> {
        match &self.origin {
            Some(origin) if *origin != self.base_url => Err(Problem::forbidden_origin()),
            Some(_) | None => Ok(()),
        }
    }

    /// A `Link` to the request's path with another query, for clients that do not resolve references (RFC 8288,
    /// section 3). Neither path nor query has a `>`: the platform and whoever writes a query encode it.
    #[must_use]
    pub fn link(&self, query: &str, relation: &str) -> String {
        format!(
            "<{}{}?{query}>; rel=\"{relation}\"",
            self.base_url, self.path
        )
    }

    /// How long ago it came, in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        self.arrived_at.ms_until(clock::now())
    }

    /// The event of being answered with `problem`.
    #[must_use]
    pub fn refused(&self, problem: &Problem) -> Event {
        Event::Refused {
            problem: problem.kind(),
            status: problem.status(),
            duration_ms: self.duration_ms(),
        }
    }

    /// Who an event is about that concerns no key.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            correlation_id: Some(&self.correlation_id),
            trace_id: self.trace_id.as_deref(),
            ..Subject::NONE
        }
    }
}

const fn is_short(value: &str) -> bool {
    value.len() <= MAX_FIELD_BYTES
}

/// Splits an absolute URL. The platform has parsed and normalised it, so that plain cuts are enough.
pub fn split(url: &str) -> (&str, &str, &str) {
    let authority_at = url.find("://").map_or(0, |at| at.saturating_add(3));
    let authority = url.get(authority_at..).unwrap_or_default();
    let path_at = authority
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| at.saturating_add(authority_at));
    let (base_url, rest) = url.split_at_checked(path_at).unwrap_or((url, ""));
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (base_url, path, query)
}

/// Whether a client's correlation id is taken over: it stands in every log line and answer of the request.
pub fn is_correlation_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_cut_at_its_path_and_query() {
        assert_eq!(
            split("http://h:1/a/b?c=d&e"),
            ("http://h:1", "/a/b", "c=d&e")
        );
        assert_eq!(split("https://h/"), ("https://h", "/", ""));
        assert_eq!(split("https://h?x"), ("https://h", "", "x"));
        assert_eq!(split("https://h/a#b?c"), ("https://h", "/a", ""));
    }

    #[test]
    fn only_loopback_is_local() {
        let is_local = |base_url: &str| {
            Exchange {
                base_url: base_url.to_owned(),
                path: String::new(),
                query: String::new(),
                correlation_id: String::new(),
                trace_id: None,
                origin: None,
                arrived_at: UnixMillis(0),
                timer: None,
                head: Head::default(),
            }
            .is_local()
        };
        for local in [
            "http://localhost:8000",
            "http://api.localhost",
            "https://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]:8000",
        ] {
            assert!(is_local(local), "{local}");
        }
        for elsewhere in [
            "https://shop.example",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://192.168.0.2:8000",
            "http://0.0.0.0:8000",
            "http://localhost:x@shop.example",
            "http://[::2]",
            "",
        ] {
            assert!(!is_local(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_correlation_id_has_no_character_that_could_forge_a_log_line() {
        assert!(is_correlation_id("a.B_9:-"));
        assert!(is_correlation_id(&"x".repeat(128)));
        for wrong in ["", "a b", "a\nb", "a\"b", "ä", &"x".repeat(129)] {
            assert!(!is_correlation_id(wrong), "{wrong:?}");
        }
    }
}
