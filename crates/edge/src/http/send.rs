//! The way out: from an answer to a response.

use std::sync::LazyLock;

use strum::VariantArray;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::web_sys;

use super::{answer::Answer, answer_field::AnswerField, cors::is_allowed, exchange::Exchange};

/// The names of the fields that a page of another origin may read. `Date` is the platform's: by it a client knows how far its
/// own clock is off.
static EXPOSED: LazyLock<String> = LazyLock::new(|| {
    let fields = AnswerField::VARIANTS.iter();
    let exposed = fields.filter(|field| field.is_exposed());
    let names: Vec<_> = exposed.map(|field| field.name()).chain(["Date"]).collect();
    names.join(", ")
});

/// For a year, browsers speak to this host over TLS alone (RFC 6797, section 6.1).
const HTTPS_ONLY: &str = "max-age=31536000";

#[wasm_bindgen(module = "/src/http/crossing.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn respond(
        status: u16,
        fields: &str,
        content: &[u8],
        streamed: Option<&web_sys::ReadableStream>,
        socket: Option<&web_sys::WebSocket>,
    ) -> Result<web_sys::Response, JsValue>;
}

/// Sends `answer`, with what every answer carries.
pub fn send(
    answer: &Answer,
    exchange: &Exchange,
    allowed_origins: &[String],
) -> Result<web_sys::Response, JsValue> {
    if let Some(response) = &answer.passed {
        return Ok(Clone::clone(response));
    }
    let mut fields = Fields::default();
    let always = [
        (AnswerField::CorrelationId, exchange.correlation_id.as_str()),
        (AnswerField::ContentTypeOptions, "nosniff"),
        (AnswerField::ReferrerPolicy, "no-referrer"),
    ];
    for (name, value) in &answer.headers {
        // An operation cannot set these.
        if always
            .iter()
            .all(|(own, _)| !own.name().eq_ignore_ascii_case(name))
        {
            fields.add(name, value)?;
        }
    }
    for (field, value) in always {
        fields.set(field, value)?;
    }
    // A browser that got this from localhost would refuse every other server there.
    if exchange.base_url.starts_with("https://") && !exchange.is_local() {
        fields.set(AnswerField::TransportSecurity, HTTPS_ONLY)?;
    }
    if !allowed_origins.is_empty() {
        fields.set(AnswerField::Vary, "Origin")?;
    }
    if let Some(origin) = exchange
        .origin
        .as_ref()
        .filter(|origin| is_allowed(origin, allowed_origins))
    {
        fields.set(AnswerField::AllowOrigin, origin)?;
        fields.set(AnswerField::ExposeHeaders, &EXPOSED)?;
    }
    let socket = answer.socket.as_ref().map(AsRef::as_ref);
    let streamed = answer.streamed.as_ref();
    respond(answer.status, &fields.0, &answer.body, streamed, socket)
}

/// Header fields, a line for each name and each value.
#[derive(Default)]
struct Fields(String);

impl Fields {
    fn set(&mut self, field: AnswerField, value: &str) -> Result<(), JsValue> {
        self.add(field.name(), value)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), JsValue> {
        if name.contains('\n') || value.contains('\n') {
            return Err("a header field with a line break".into());
        }
        for text in [name, value] {
            self.0.push_str(text);
            self.0.push('\n');
        }
        Ok(())
    }
}
