//! Files that were built to be sent as they are: the platform keeps them, this service answers with them.

use worker::{Env, Headers, Response};

use super::{
    answer::Answer, answer_field::AnswerField, exchange::Exchange, head::RequestField,
    problem::Problem,
};
use crate::{
    outgoing,
    tasks::within,
    telemetry::{Event, tell},
};

/// The binding's name in wrangler.toml.
const BINDING: &str = "ASSETS";

/// How long the platform has to find a file and send it here, in milliseconds.
const DEADLINE_MS: u64 = 5000;

/// A page may load what this service has and nothing from elsewhere, and nobody may frame it.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                           img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether the Worker has such files: not every Worker binds any.
pub fn has_assets(env: &Env) -> bool {
    env.assets(BINDING).is_ok()
}

/// Answers with `file`, or with 304 if the client has it already.
pub async fn asset(file: &str, exchange: &Exchange, env: &Env) -> Result<Answer, Problem> {
    if !has_assets(env) {
        return Err(Problem::no_assets());
    }
    let known = exchange.field(RequestField::IfNoneMatch)?;
    let url = format!("{}{file}", exchange.base_url);
    let read = async { answer(fetch(&url, known, env).await?).await };
    let reason = match within(DEADLINE_MS, read).await {
        Some(Ok(Ok(answer))) => return Ok(answer),
        Some(Ok(Err(status))) => {
            let reason = format!("the static asset {file} was answered with {status}");
            tell(exchange.subject(), &Event::Broken { reason });
            return Err(Problem::internal());
        }
        Some(Err(error)) => error.to_string(),
        None => format!("no answer within {DEADLINE_MS} ms"),
    };
    let reason = format!("the static asset {file}: {reason}");
    tell(exchange.subject(), &Event::ReadFailed { reason });
    Err(Problem::asset_failed())
}

async fn fetch(url: &str, known: Option<&str>, env: &Env) -> worker::Result<Response> {
    let headers = Headers::new();
    if let Some(known) = known {
        headers.set(RequestField::IfNoneMatch.name(), known)?;
    }
    let init = outgoing::init();
    init.set_headers(&headers.0);
    let request = outgoing::request(url, &init)?;
    env.assets(BINDING)?.fetch_request(request).await
}

/// The asset, which a client may store but has to ask for again: it changes with a deployment. Or the status, if the
/// platform found no such file.
async fn answer(mut found: Response) -> worker::Result<Result<Answer, u16>> {
    let status = found.status_code();
    if !matches!(status, 200 | 304) {
        return Ok(Err(status));
    }
    let answer = Answer {
        body: found.bytes().await?,
        ..Answer::empty(status)
    };
    let answer = answer.with(AnswerField::CacheControl, "no-cache");
    let field = |field: AnswerField| found.headers().get(field.name()).ok().flatten();
    let content_type = field(AnswerField::ContentType);
    let is_page = content_type
        .as_ref()
        .is_some_and(|value| value.starts_with("text/html"));
    let answer = [
        (AnswerField::ContentType, content_type),
        (AnswerField::ETag, field(AnswerField::ETag)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .fold(answer, |answer, (field, value)| answer.with(field, value));
    Ok(Ok(if is_page {
        answer.with(AnswerField::ContentSecurityPolicy, PAGE_POLICY)
    } else {
        answer
    }))
}
