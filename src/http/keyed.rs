//! A keyed request, from its key to its answer.

use worker::{Context, Env, Request};

use super::{
    admit::{Identity, admit},
    answer::Answer,
    exchange::Exchange,
    problem::Problem,
};
use crate::{
    clock,
    coordinator::{Asked, Reply},
    lifecycle::{Status, UnixMillis},
    operations::KeyedOperation,
    replay::{Answered, look_up, publish},
    settings::Settings,
    telemetry::Event,
};

/// Answers a keyed request. Whatever the answer, it names the key once that is known.
pub async fn keyed(
    mut request: Request,
    operation: &'static KeyedOperation,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
    context: &Context,
) -> Result<Answer, Problem> {
    let identity = Identity::of(&request)?;
    let name_key = |problem: Problem| problem.with("X-Idempotency-Key", identity.key.to_string());

    let asked = admit(
        &mut request,
        operation,
        &identity,
        exchange,
        settings.faults_allowed,
    )
    .await
    .map_err(name_key)?;

    let key = identity.composite_key();
    let deadline_ms = settings.call_deadline_ms(asked.wait_s);
    let answered = look_up(env, &key, &asked, deadline_ms)
        .await
        .map_err(|unreachable| {
            let reason = unreachable.to_string();
            asked.log(&Event::Unreachable { reason });
            name_key(Problem::unavailable())
        })?;
    publish(context, env, key, &asked, &answered);
    tell(&asked, &answered);
    answer(answered.reply, &identity)
        .map(|answer| answer.with("X-Idempotency-Key", identity.key.to_string()))
        .map_err(name_key)
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
        | Reply::Superseded
        | Reply::Found { .. }
        | Reply::Unreadable => {}
    }
}

fn answer(reply: Reply, identity: &Identity) -> Result<Answer, Problem> {
    match reply {
        Reply::Completed { record, replayed } => {
            let Status::Completed { response } = record.status else {
                return Err(Problem::internal());
            };
            let answer = expires(Answer::saved(response), record.expires_at);
            Ok(if replayed {
                answer.with("Idempotent-Replayed", "true")
            } else {
                answer
            })
        }
        Reply::InProgress { expires_at } => {
            Err(Problem::in_progress().with(EXPIRES_AT, clock::rfc3339(expires_at)))
        }
        Reply::Mismatch => Err(Problem::mismatch(identity.field)),
        Reply::Failed { expires_at } => {
            Err(Problem::operation_failed().with(EXPIRES_AT, clock::rfc3339(expires_at)))
        }
        Reply::Superseded => Err(Problem::operation_failed()),
        Reply::Found { .. } | Reply::Unreadable => Err(Problem::internal()),
    }
}

const EXPIRES_AT: &str = "X-Idempotency-Expires-At";

fn expires(answer: Answer, at: UnixMillis) -> Answer {
    answer.with(EXPIRES_AT, clock::rfc3339(at))
}
