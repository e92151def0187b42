//! An API behind this service, and how it is asked.

use js_sys::{Array, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{
    Env, js_sys,
    web_sys::{self, AbortController},
};

use super::{
    base::base,
    fields::{Fields, to_client},
    policy::{FieldChanges, UpstreamRule},
    target::Base,
    variable::variable,
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

/// What an upstream has answered.
#[derive(Debug)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub fields: Fields,
    /// The body; nothing, if it is longer than may be kept.
    pub body: Option<Vec<u8>>,
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

    /// The fields with what the policy changes of them; nothing, if a secret is not there, or is no field's value.
    pub fn changed(&self, fields: Fields, env: &Env) -> Option<Fields> {
        let FieldChanges { set, remove } = &self.headers;
        let is_left_out = |name: &str| {
            let mut changed = set.keys().chain(remove);
            changed.any(|other| other.eq_ignore_ascii_case(name))
        };
        let kept = fields.into_iter().filter(|(name, _)| !is_left_out(name));
        let added = set.iter().map(|(name, value)| {
            let value = match value.strip_prefix("secret:") {
                Some(secret) => variable(env, secret)?.trim().to_owned(),
                None => value.clone(),
            };
            let is_value = !value.is_empty() && !value.bytes().any(|byte| byte.is_ascii_control());
            is_value.then(|| (name.clone(), value))
        });
        kept.map(Some).chain(added).collect()
    }

    /// Asks, and reads the answer to its end, or to as much of it as may be kept. Any error may mean that the upstream has
    /// done what was asked.
    pub async fn ask(
        &self,
        sent: Sent<'_>,
        max_bytes: usize,
        env: &Env,
    ) -> worker::Result<Answered> {
        let connection = Connection(AbortController::new()?);
        let answered = ask(
            &self.fetcher(env)?,
            sent.url,
            sent.method,
            &lines(&sent.fields),
            sent.body,
            u32::try_from(max_bytes).unwrap_or(u32::MAX),
            &connection.0.signal(),
        );
        let answered: Array = JsFuture::from(answered).await?.unchecked_into();
        let head = answered.get(0).as_string().unwrap_or_default();
        let body = answered.get(1);
        let body = (!body.is_undefined()).then(|| Uint8Array::from(body).to_vec());
        Ok(parsed(&head, body))
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
        let response = JsFuture::from(response).await?;
        let response: web_sys::Response = response.unchecked_into();
        let head = parsed(&head_of(&response), None);
        let fields = to_client(&head.fields, ours);
        Ok(answered(&response, &lines(&fields))?)
    }
}

/// What is under way: when this is dropped, the platform does not wait for any more of it.
struct Connection(AbortController);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A name and a value in turn, a line each. No field has a line break in it (RFC 9110, section 5.5).
fn lines(fields: &Fields) -> String {
    let lines = fields
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    lines.collect::<Vec<_>>().join("\n")
}

fn parsed(head: &str, body: Option<Vec<u8>>) -> Answered {
    let mut lines = head.split('\n');
    let status = lines.next().and_then(|status| status.parse().ok());
    let mut line = || lines.next().map(str::to_owned);
    Answered {
        status: status.unwrap_or_default(),
        fields: std::iter::from_fn(|| Some((line()?, line()?))).collect(),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_head_comes_in_one_text() {
        let answered = parsed(
            "201\nset-cookie\na=1\nset-cookie\nb=2\nx-empty\n",
            Some(Vec::new()),
        );

        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(answered.status, 201);
        assert_eq!(
            answered.fields,
            [
                pair("set-cookie", "a=1"),
                pair("set-cookie", "b=2"),
                pair("x-empty", "")
            ]
        );
        assert!(parsed("204", None).fields.is_empty());
    }
}
