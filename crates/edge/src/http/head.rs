//! The head of a request: its method, its URL and the header fields that mean something here.

use strum::VariantArray;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{
    js_sys::{Array, JsString},
    web_sys,
};

/// A header field of a request that is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, VariantArray)]
pub enum RequestField {
    CorrelationId,
    TraceParent,
    Origin,
    Authorization,
    IdempotencyKey,
    ExtensionKey,
    ContentType,
    ContentLength,
    Prefer,
    Fault,
    ConnectingIp,
    UserAgent,
    RequestMethod,
    Upgrade,
    IfNoneMatch,
    Accept,
    ContentEncoding,
}

impl RequestField {
    /// The field's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CorrelationId => "X-Correlation-ID",
            Self::TraceParent => "traceparent",
            Self::Origin => "Origin",
            Self::Authorization => "Authorization",
            Self::IdempotencyKey => "Idempotency-Key",
            Self::ExtensionKey => "X-Idempotency-Key",
            Self::ContentType => "Content-Type",
            Self::ContentLength => "Content-Length",
            Self::Prefer => "Prefer",
            Self::Fault => "X-Fault",
            Self::ConnectingIp => "CF-Connecting-IP",
            Self::UserAgent => "User-Agent",
            Self::RequestMethod => "Access-Control-Request-Method",
            Self::Upgrade => "Upgrade",
            Self::IfNoneMatch => "If-None-Match",
            Self::Accept => "Accept",
            Self::ContentEncoding => "Content-Encoding",
        }
    }
}

#[wasm_bindgen(module = "/src/http/crossing.js")]
extern "C" {
    fn head(request: &web_sys::Request, names: &Array) -> String;
    fn fields(request: &web_sys::Request) -> String;
}

thread_local! {
    /// The fields' names, as JavaScript has them.
    static NAMES: Array = RequestField::VARIANTS.iter().map(|field| JsString::from(field.name())).collect();
}

/// See the module.
#[derive(Debug, Default)]
pub struct Head {
    /// The request's method.
    pub method: String,
    /// The absolute URL, as the platform has parsed and normalised it.
    pub url: String,
    /// The values of all `RequestField`s, in the order of the variants.
    values: Vec<Option<String>>,
    /// What it is the head of.
    request: Option<web_sys::Request>,
}

impl Head {
    /// The head of `request`.
    #[must_use]
    pub fn of(request: &web_sys::Request) -> Self {
        let head = Self::parse(&NAMES.with(|names| head(request, names)));
        let request = Some(Clone::clone(request));
        Self { request, ..head }
    }

    /// All header fields, names in lower case.
    #[must_use]
    pub fn all_fields(&self) -> Vec<(String, String)> {
        let text = self.request.as_ref().map(fields).unwrap_or_default();
        let mut lines = text.split('\n').map(str::to_owned);
        std::iter::from_fn(|| Some((lines.next()?, lines.next()?))).collect()
    }

    /// Takes apart what `crossing.js` has put together. No part of a head has a line break in it (RFC 9110, section
    /// 5.5; RFC 3986, section 2).
    fn parse(text: &str) -> Self {
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        Self {
            method: line().to_owned(),
            url: line().to_owned(),
            values: RequestField::VARIANTS
                .iter()
                .map(|_| line().strip_prefix('=').map(str::to_owned))
                .collect(),
            request: None,
        }
    }

    /// A field's value; several lines of one field are joined with commas (RFC 9110, section 5.3).
    #[must_use]
    pub fn value(&self, field: RequestField) -> Option<&str> {
        self.values.get(field as usize)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_where_its_name_was_asked_for() {
        for (at, &field) in RequestField::VARIANTS.iter().enumerate() {
            let text = format!("POST\nhttp://h/{}=a=b", "\n".repeat(at + 1));

            let head = Head::parse(&text);

            assert_eq!(
                (head.method.as_str(), head.url.as_str()),
                ("POST", "http://h/")
            );
            let found = RequestField::VARIANTS
                .iter()
                .filter_map(|field| head.value(*field));
            assert_eq!(head.value(field), Some("a=b"));
            assert_eq!(found.count(), 1);
        }
    }

    #[test]
    fn a_field_without_a_value_is_not_absent() {
        let head = Head::parse("GET\nhttp://h/\n=\n");

        assert_eq!(head.value(RequestField::CorrelationId), Some(""));
        assert_eq!(head.value(RequestField::Origin), None);
    }
}
