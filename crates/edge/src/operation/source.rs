//! Where in a request its key is, and its caller.

use std::{borrow::Cow, fmt};

use idempotency_core::{
    Request,
    digest::{digest, hex},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

/// A place of a request that can have a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeySource {
    /// `header:NAME`
    Header(String),
    /// `query:NAME`
    Query(String),
    /// `form:NAME`, in a body of `application/x-www-form-urlencoded`.
    Form(String),
    /// `json:/pointer` (RFC 6901), in a body of JSON.
    Json(String),
    /// The digest of method, path, query and body.
    Digest,
    /// Several places with ` + ` between them, which together have the key: all of them have something, or there is none.
    All(Vec<Self>),
}

impl KeySource {
    /// The place that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(SEPARATOR) {
            let parts = text.split(SEPARATOR).map(Self::parse);
            return parts.collect::<Option<_>>().map(Self::All);
        }
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let name = || (!rest.is_empty()).then(|| rest.to_owned());
        match kind {
            "header" => name().filter(|name| is_token(name)).map(Self::Header),
            "query" => name().map(Self::Query),
            "form" => name().map(Self::Form),
            "json" => name().filter(|name| name.starts_with('/')).map(Self::Json),
            "digest" if text == "digest" => Some(Self::Digest),
            _ => None,
        }
    }

    /// What `request` has there. Nothing, if there is no such place, or something in it that is no text or number.
    pub fn find(&self, request: &Request) -> Option<String> {
        let text = match self {
            Self::Header(name) => request.field(name).map(str::to_owned),
            Self::Query(name) => parameter(request.query.as_bytes(), name),
            Self::Form(name) => parameter(&request.body, name),
            Self::Json(pointer) => in_json(&request.body, pointer),
            Self::Digest => Some(of_all(request)),
            Self::All(parts) => joined(parts, request),
        };
        text.filter(|text| !text.is_empty())
    }
}

/// What stands between several places.
const SEPARATOR: &str = " + ";

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Form(name) => write!(f, "form:{name}"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
            Self::Digest => f.write_str("digest"),
            Self::All(parts) => {
                let parts: Vec<_> = parts.iter().map(Self::to_string).collect();
                f.write_str(&parts.join(SEPARATOR))
            }
        }
    }
}

/// What all of `parts` have, with colons in between. A colon in one of them is encoded, so that no others make the same.
fn joined(parts: &[KeySource], request: &Request) -> Option<String> {
    let found = parts.iter().map(|part| {
        let text = part.find(request)?;
        Some(text.replace('%', "%25").replace(':', "%3A"))
    });
    Some(found.collect::<Option<Vec<_>>>()?.join(":"))
}

fn parameter(encoded: &[u8], name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(encoded);
    let found = parameters.find(|(own, _)| own == name);
    found.map(|(_, value)| value.into_owned())
}

/// The longest body that is read as JSON for its key, in bytes: as values it takes many times as much.
const MAX_JSON_BYTES: usize = 1 << 20;

fn in_json(body: &[u8], pointer: &str) -> Option<String> {
    if body.len() > MAX_JSON_BYTES {
        return None;
    }
    match serde_json::from_slice::<Value>(body)
        .ok()?
        .pointer(pointer)?
    {
        Value::String(text) => Some(text.clone()),
        // A key may be an integer, which is exact here or none.
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn of_all(request: &Request) -> String {
    hex(&digest(&[
        request.method.as_bytes(),
        request.path.as_bytes(),
        request.query.as_bytes(),
        &request.body,
    ]))
}

/// Whose key a request's is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum CallerSource {
    /// The caller of this service, by its token.
    #[default]
    Authenticated,
    /// Who sends the same value of this field.
    Header(String),
    /// Everybody who calls the route.
    Route,
}

impl CallerSource {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "authenticated" => Some(Self::Authenticated),
            "route" => Some(Self::Route),
            _ => {
                let name = text.strip_prefix("header:")?;
                is_token(name).then(|| Self::Header(name.to_owned()))
            }
        }
    }
}

/// A field's name (RFC 9110, section 5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

macro_rules! read_from_text {
    ($type:ident, $rule:literal, $pattern:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text)
                    .ok_or_else(|| D::Error::custom(format!(concat!("must be ", $rule, ", and is \"{}\""), text)))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

read_from_text!(
    KeySource,
    "header:NAME, query:NAME, form:NAME, json:/pointer or digest, or several of these with \" + \" in between",
    "^((header|query|form):.+|json:/.*|digest)$"
);
read_from_text!(
    CallerSource,
    "authenticated, route or header:NAME",
    "^(authenticated|route|header:.+)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn find(source: &str, request: &Request) -> Option<String> {
        KeySource::parse(source).unwrap().find(request)
    }

    #[test]
    fn a_key_is_found_where_the_policy_says() {
        let request = Request {
            query: "a=1&key=q%20r&key=2".to_owned(),
            fields: vec![("x-event".to_owned(), "e7".to_owned())],
            body: br#"{"id":"evt_1","n":9007199254740993,"f":1.5,"items":[{"id":7}],"a/b":"c"}"#
                .to_vec(),
            ..Request::default()
        };
        for (source, key) in [
            ("header:X-Event", Some("e7")),
            ("header:X-Other", None),
            ("query:key", Some("q r")),
            ("query:none", None),
            ("json:/id", Some("evt_1")),
            ("json:/n", Some("9007199254740993")),
            ("json:/f", None),
            ("json:/items", None),
            ("json:/items/0/id", Some("7")),
            ("json:/a~1b", Some("c")),
        ] {
            assert_eq!(find(source, &request).as_deref(), key, "{source}");
        }
        for (source, key) in [
            ("json:/id + json:/n", Some("evt_1:9007199254740993")),
            ("json:/id + header:X-Event + query:a", Some("evt_1:e7:1")),
            ("json:/id + json:/none", None),
        ] {
            assert_eq!(find(source, &request).as_deref(), key, "{source}");
            assert_eq!(KeySource::parse(source).unwrap().to_string(), source);
        }
        let form = Request {
            body: b"MessageSid=SM1&x=".to_vec(),
            ..Request::default()
        };
        assert_eq!(find("form:MessageSid", &form).as_deref(), Some("SM1"));
        assert_eq!(find("form:x", &form), None);
        assert_eq!(find("json:/id", &form), None);
    }

    #[test]
    fn several_places_have_no_key_in_common_with_others() {
        let of = |query: &str| {
            let request = Request {
                query: query.to_owned(),
                ..Request::default()
            };
            find("query:a + query:b", &request)
        };

        assert_eq!(of("a=x:y&b=z").as_deref(), Some("x%3Ay:z"));
        assert_ne!(of("a=x:y&b=z"), of("a=x&b=y:z"));
        assert_ne!(of("a=x:y&b=z"), of("a=x%253Ay&b=z"));
    }

    #[test]
    fn a_digest_is_the_same_for_the_same_request_alone() {
        let request = |path: &str, body: &[u8]| Request {
            path: path.to_owned(),
            body: body.to_vec(),
            ..Request::default()
        };
        let digest = |path, body| find("digest", &request(path, body)).unwrap();

        assert_eq!(digest("/a", b"b"), digest("/a", b"b"));
        assert_ne!(digest("/a", b"b"), digest("/ab", b""));
        assert_eq!(digest("/a", b"b").len(), 64);
    }

    #[test]
    fn what_is_no_source_is_refused_with_what_would_be_right() {
        for wrong in [
            "",
            "header:",
            "header:X Y",
            "json:id",
            "digest:x",
            "cookie:a",
            "json:/a + b",
            "json:/a + ",
        ] {
            let error =
                serde_json::from_slice::<KeySource>(format!("{wrong:?}").as_bytes()).unwrap_err();
            assert!(
                error.to_string().contains("header:NAME, query:NAME"),
                "{wrong}"
            );
        }
        for wrong in ["", "header:", "anybody"] {
            assert!(CallerSource::parse(wrong).is_none(), "{wrong}");
        }
    }
}
