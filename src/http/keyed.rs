//! A keyed request, from its key to its answer.

use worker::{Context, Env, Request};

use super::{
    admit::{Identity, admit},
    answer::Answer,
    auth::Caller,
    exchange::Exchange,
    key::KeyField,
    problem::Problem,
};
use crate::{
    clock,
    coordinator::{Asked, Reply},
    lifecycle::Status,
    operations::KeyedOperation,
    replay::{Answered, look_up, publish},
    settings::Settings,
    telemetry::Event,
};

/// When the answer will have been forgotten.
const EXPIRES_AT: &str = "X-Idempotency-Expires-At";

/// Answers a keyed request. An error means that it was refused before it started.
pub async fn keyed(
    request: &mut Request,
    operation: &'static KeyedOperation,
    caller: &Caller,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
    context: &Context,
) -> Result<Answer, Problem> {
    let identity = Identity::of(caller, request)?;
    let asked = admit(request, operation, &identity, exchange, settings)
        .await
        .map_err(|problem| problem.about(&identity.key))?;

    let key = identity.composite_key();
    let deadline_ms = settings.call_deadline_ms(asked.wait_s);
    let answer = match look_up(env, &key, &asked, deadline_ms).await {
        Ok(answered) => {
            publish(context, env, key, &asked, &answered);
            tell(&asked, &answered);
            answer(answered.reply, identity.field)
        }
        Err(unreachable) => {
            let reason = unreachable.to_string();
            asked.log(&Event::Unreachable { reason });
            Err(Problem::unavailable())
        }
    };
    Ok(answer
        .unwrap_or_else(|problem| problem.answer(&exchange.correlation_id))
        .with("X-Idempotency-Key", identity.key.to_string()))
}

/// The log line of a request that did not execute; the object tells of those that did.
fn tell(asked: &Asked, answered: &Answered) {
    match answered.reply {
        Reply::Completed { replayed: true, .. } => {
            let source = answered.source.name();
            asked.log(&Event::Replayed { source });
        }
        Reply::InProgress { .. } => asked.log(&Event::InProgress),
        Reply::Mismatch => asked.log(&Event::Mismatch),
        Reply::Completed {
            replayed: false, ..
        }
        | Reply::Failed { .. }
        | Reply::Superseded => {}
        Reply::Found { .. } | Reply::Broken => {
            let reason = "the object has no answer to give".to_owned();
            asked.log(&Event::Broken { reason });
        }
    }
}

fn answer(reply: Reply, field: KeyField) -> Result<Answer, Problem> {
    match reply {
        Reply::Completed { record, replayed } => {
            let Status::Completed { response } = record.status else {
                return Err(Problem::internal());
            };
            let expires_at = clock::rfc3339(record.expires_at);
            let answer = Answer::saved(response).with(EXPIRES_AT, expires_at);
            Ok(if replayed {
                answer.with("Idempotent-Replayed", "true")
            } else {
                answer
            })
        }
        Reply::InProgress { expires_at } => {
            Err(Problem::in_progress().with(EXPIRES_AT, clock::rfc3339(expires_at)))
        }
        Reply::Mismatch => Err(Problem::mismatch(field)),
        Reply::Failed { expires_at } => {
            Err(Problem::operation_failed().with(EXPIRES_AT, clock::rfc3339(expires_at)))
        }
        Reply::Superseded => Err(Problem::given_up()),
        Reply::Found { .. } | Reply::Broken => Err(Problem::internal()),
    }
}
