//! An operator says what became of a key.

use garde::Validate;
use idempotency_core::{
    Inspected, Message, Ruling,
    lifecycle::{Resolution, SavedResponse, Status},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use worker::Env;

use super::{
    admit::check_form,
    answer::Answer,
    auth::Caller,
    content::Content,
    exchange::Exchange,
    key_status::{addressed, answer, is_unknown, reply, unknown},
    problem::Problem,
    router::Router,
};
use crate::{
    operation::{FieldError, parse_input},
    replay::forget,
    settings::Settings,
    tasks::within,
    telemetry::{Event, tell},
};

/// How long a replay copy's deletion is waited for, in milliseconds.
const FORGET_MS: u64 = 5000;

/// What became of the operation.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[schemars(example = json!({"as": "completed", "answer": {
    "status": 201, "headers": [["content-type", "application/json"]], "body": "{\"id\":7}"}}))]
pub struct ResolutionInput {
    /// What the key is to be from now on. `completed`: the operation took effect, and every retry gets `answer`. `failed`:
    /// it did not, and the next request starts another attempt. `forgotten`: the key is as good as new.
    #[serde(rename = "as")]
    #[garde(skip)]
    verdict: Verdict,
    /// The answer for every retry: required with `completed`, and there alone.
    #[garde(dive, custom(only_of_completed(self.verdict)))]
    answer: Option<GivenAnswer>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Completed,
    Failed,
    Forgotten,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
struct GivenAnswer {
    #[garde(range(min = 200, max = 599))]
    status: u16,
    /// Names and values.
    #[serde(default)]
    #[garde(skip)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    #[garde(skip)]
    body: String,
}

fn only_of_completed(verdict: Verdict) -> impl FnOnce(&Option<GivenAnswer>, &()) -> garde::Result {
    move |answer, ()| match (verdict, answer) {
        (Verdict::Completed, None) => Err(garde::Error::new("is required with completed")),
        (Verdict::Failed | Verdict::Forgotten, Some(_)) => {
            Err(garde::Error::new("must be there with completed alone"))
        }
        (Verdict::Completed, Some(_)) | (Verdict::Failed | Verdict::Forgotten, None) => Ok(()),
    }
}

/// Resolves `key`, for an operator, and shows what it is from then on.
pub async fn resolve(
    caller: Caller,
    content: &mut Content,
    key: &str,
    exchange: &Exchange,
    router: &Router,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    // A browser sends a password with whatever any page has it send.
    exchange.is_ours()?;
    let caller = caller.operator()?;
    let keys = addressed(&caller, key, exchange, router, settings)?;
    let payload = content.read(exchange, settings.max_content_bytes).await?;
    check_form(&payload, exchange)?;
    let input: ResolutionInput = parse_input(&payload).map_err(Problem::invalid)?;
    let resolution = input.resolution()?;
    for (key, address) in keys {
        let message = Message::Resolve(Ruling {
            resolution: resolution.clone(),
            by: caller.name.clone(),
            idempotency_key: key.to_string(),
            correlation_id: exchange.correlation_id.clone(),
            trace_id: exchange.trace_id.clone(),
        });
        let reply = reply(&address, message, exchange, settings, env).await?;
        if is_forgotten(&reply)
            && let Some(Err(error)) = within(FORGET_MS, forget(env, settings, &address)).await
        {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::CopyFailed { reason });
        }
        if !is_unknown(&reply) {
            return answer(&key, reply);
        }
    }
    Err(unknown())
}

fn is_forgotten(reply: &Inspected) -> bool {
    matches!(reply, Inspected::Record { record: Some(record), .. } if record.status == Status::Forgotten)
}

impl ResolutionInput {
    fn resolution(self) -> Result<Resolution, Problem> {
        match (self.verdict, self.answer) {
            (Verdict::Completed, Some(answer)) => answer.saved().map(Resolution::Completed),
            (Verdict::Forgotten, _) => Ok(Resolution::Forgotten),
            (Verdict::Completed | Verdict::Failed, _) => Ok(Resolution::Failed),
        }
    }
}

impl GivenAnswer {
    /// The answer, if it can be kept as it is: an operator can correct what an operation could not.
    fn saved(self) -> Result<SavedResponse, Problem> {
        let response = SavedResponse {
            status: self.status,
            headers: self.headers,
            body: self.body.into_bytes(),
        };
        let content_bytes = response.body.len();
        let (response, mut wrong) = response.keepable();
        let response = response.within_bounds();
        if wrong.is_empty() && response.body.len() < content_bytes {
            wrong.push("its content is too long");
        }
        if wrong.is_empty() {
            return Ok(response);
        }
        let detail = format!("cannot be kept: {}", wrong.join("; "));
        Err(Problem::invalid(vec![FieldError::at("answer", detail)]))
    }
}
