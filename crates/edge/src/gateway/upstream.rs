//! An API behind this service, and how it is asked.

use idempotency_core::UpstreamError;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{Env, js_sys, web_sys};

use super::{
    base::base,
    fields::{Fields, to_client},
    policy::{FieldChanges, UpstreamRule},
    target::Base,
    variable::variable,
};
use crate::{
    operation::{OperationError, StreamedBody},
    outgoing::Connection,
    tasks::kept,
};

#[wasm_bindgen(module = "/src/gateway/ask.js")]
extern "C" {
    fn ask(
        fetcher: &JsValue,
        url: &str,
        method: &str,
        fields: &str,
        body: &[u8],
        max_bytes: u32,
        signal: &JsValue,
    ) -> js_sys::Promise;

    fn pass(
        fetcher: &JsValue,
        url: &str,
        method: &str,
        fields: &str,
        body: &[u8],
        unread: Option<&web_sys::Request>,
    ) -> js_sys::Promise;

    /// The same answer with these fields.
    #[wasm_bindgen(catch)]
    fn answered(response: &web_sys::Response, fields: &str) -> Result<web_sys::Response, JsValue>;

    #[wasm_bindgen(js_name = headOf)]
    fn head_of(response: &web_sys::Response) -> String;
}

/// An API behind this service.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The parts of its URL. A service binding is asked for any host, which it does not look up.
    pub base: Base,
    binding: Option<String>,
    /// After how many seconds a request times out.
    pub timeout_s: u64,
    headers: FieldChanges,
}

/// The beginning of an upstream's answer.
#[derive(Debug)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub fields: Fields,
}

/// The body of an upstream's answer.
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// It is still to come: events, or more than may be kept.
    Streamed(StreamedBody),
}

/// A request to an upstream.
pub struct Sent<'a> {
    /// The whole URL.
    pub url: &'a str,
    /// The method.
    pub method: &'a str,
    /// The header fields.
    pub fields: Fields,
    /// The body.
    pub body: &'a [u8],
}

impl Upstream {
    /// The upstream of this rule, which has been checked.
    pub fn of(rule: &UpstreamRule) -> Self {
        let bound = || Base {
            origin: "https://upstream".to_owned(),
            path: String::new(),
        };
        Self {
            base: rule
                .url
                .as_deref()
                .and_then(|url| base(url).ok())
                .unwrap_or_else(bound),
            binding: rule.binding.clone(),
            timeout_s: rule.timeout_s,
            headers: rule.headers.clone(),
        }
    }

    /// The fields with what the policy changes of them. An error names the field whose secret is not there, or is no value.
    pub fn changed(&self, fields: Fields, env: &Env) -> Result<Fields, String> {
        let FieldChanges { set, remove } = &self.headers;
        let is_left_out = |name: &str| {
            let mut changed = set.keys().chain(remove);
            changed.any(|other| other.eq_ignore_ascii_case(name))
        };
        let kept = fields.into_iter().filter(|(name, _)| !is_left_out(name));
        let added = set.iter().map(|(name, value)| {
            let found = match value.strip_prefix("secret:") {
                Some(secret) => variable(env, secret).unwrap_or_default().trim().to_owned(),
                None => value.clone(),
            };
            let is_value = !found.is_empty() && !found.bytes().any(|byte| byte.is_ascii_control());
            let wrong = || {
                format!("what the policy sets {name} to is not there, or is no value of a field")
            };
            is_value.then(|| (name.clone(), found)).ok_or_else(wrong)
        });
        kept.map(Ok).chain(added).collect()
    }

    /// Asks, and reads the answer to its end, or until it is sure to be one that is streamed. Unless the error says that
    /// nothing was sent, the upstream may have done what was asked.
    pub async fn ask(
        &self,
        sent: Sent<'_>,
        max_bytes: usize,
        env: &Env,
    ) -> Result<(Head, Body), OperationError> {
        let connection = Connection::new()?;
        let not_sent = |error: worker::Error| OperationError::NotSent(error.to_string());
        let answered = ask(
            &self.fetcher(env).map_err(not_sent)?,
            sent.url,
            sent.method,
            &lines(&sent.fields),
            sent.body,
            u32::try_from(max_bytes).unwrap_or(u32::MAX),
            &connection.signal(),
        );
        let answered = kept(&answered).await.map_err(unanswered)?;
        let answered: Array = answered.unchecked_into();
        let head = answered.get(0).as_string().unwrap_or_default();
        let body = answered.get(1);
        let body = if body.is_undefined() {
            Body::Streamed(StreamedBody::new(answered.get(2), connection))
        } else {
            Body::Whole(Uint8Array::from(body).to_vec())
        };
        Ok((parsed(&head), body))
    }
}

impl Upstream {
    fn fetcher(&self, env: &Env) -> worker::Result<JsValue> {
        Ok(match &self.binding {
            Some(name) => match Reflect::get(env, &JsValue::from_str(name))? {
                bound if bound.is_object() => bound,
                // Without it, the network would be asked.
                _ => return Err(worker::Error::from(format!("there is no binding {name}"))),
            },
            None => JsValue::UNDEFINED,
        })
    }

    /// Passes a request on, whose body is `sent.body` or still to come in `unread`, and the answer back, whose body may be
    /// still to come.
    pub async fn pass(
        &self,
        sent: Sent<'_>,
        unread: Option<&web_sys::Request>,
        ours: impl Fn(&str) -> Option<String>,
        env: &Env,
    ) -> worker::Result<web_sys::Response> {
        let (fetcher, fields) = (self.fetcher(env)?, lines(&sent.fields));
        let response = pass(&fetcher, sent.url, sent.method, &fields, sent.body, unread);
        let response = kept(&response).await?;
        let response: web_sys::Response = response.unchecked_into();
        let head = parsed(&head_of(&response));
        let fields = to_client(&head.fields, ours);
        // The platform passes it on by itself then, which is cheaper, and keeps its length.
        if is_same_to_a_client(&head.fields, &fields) {
            return Ok(response);
        }
        Ok(answered(&response, &lines(&fields))?)
    }
}

/// Whether `passed` are the fields of the answer, but for those that the platform writes anew for each connection.
fn is_same_to_a_client(answered: &Fields, passed: &Fields) -> bool {
    let of_platform = ["connection", "keep-alive", "content-length"];
    let answered = answered.iter();
    answered
        .filter(|(name, _)| !of_platform.contains(&name.as_str()))
        .eq(passed)
}

/// Why there is no whole answer. The platform says the same of all that can happen to a connection.
fn unanswered(error: JsValue) -> OperationError {
    let is_incomplete = Reflect::get(&error, &JsValue::from_str("isIncomplete"))
        .is_ok_and(|value| value.is_truthy());
    OperationError::Unanswered {
        error: if is_incomplete {
            UpstreamError::HttpResponseIncomplete
        } else {
            UpstreamError::ConnectionTerminated
        },
        reason: worker::Error::from(error).to_string(),
    }
}

/// A name and a value in turn, a line each. No field has a line break in it (RFC 9110, section 5.5).
fn lines(fields: &Fields) -> String {
    let lines = fields
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    lines.collect::<Vec<_>>().join("\n")
}

fn parsed(head: &str) -> Head {
    let mut lines = head.split('\n');
    let status = lines.next().and_then(|status| status.parse().ok());
    let mut line = || lines.next().map(str::to_owned);
    Head {
        status: status.unwrap_or_default(),
        fields: std::iter::from_fn(|| Some((line()?, line()?))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_head_comes_in_one_text() {
        let head = parsed("201\nset-cookie\na=1\nset-cookie\nb=2\nx-empty\n");

        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(head.status, 201);
        assert_eq!(
            head.fields,
            [
                pair("set-cookie", "a=1"),
                pair("set-cookie", "b=2"),
                pair("x-empty", "")
            ]
        );
        assert!(parsed("204").fields.is_empty());
    }
}
