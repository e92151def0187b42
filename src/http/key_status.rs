//! What became of a key of this caller.

use serde::Serialize;
use worker::{Env, Request};

use super::{
    answer::Answer,
    caller::caller,
    exchange::{Exchange, field},
    problem::Problem,
};
use crate::{
    clock,
    coordinator::{CompositeKey, IdempotencyKey, Message, Reply, ask},
    settings::Settings,
    telemetry::{Event, log},
};

#[derive(Serialize)]
struct KeyStatus<'a> {
    idempotency_key: String,
    status: &'static str,
    operation: &'a str,
    attempts: u32,
    created_at: String,
    updated_at: String,
    expires_at: String,
}

/// Looks up `key`. One that is unknown, has expired, belongs to another caller or is none looks the same.
pub async fn key_status(
    request: &Request,
    key: &str,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    let unknown = || Problem::not_found("You have no such key, or it has expired.");
    let scope = caller(field(request, "Authorization").as_deref())?;
    let key = IdempotencyKey::parse(key).ok_or_else(unknown)?;
    let address = CompositeKey::new(&scope, &key);
    let reply = ask(
        env,
        &address,
        Message::Inspect,
        settings.call_deadline_ms(0),
    )
    .await
    .map_err(|unreachable| {
        let reason = unreachable.to_string();
        log(exchange.subject(), &Event::Unreachable { reason });
        Problem::unavailable()
    })?;
    let Reply::Found { record } = reply else {
        return Err(Problem::internal());
    };
    let record = record.ok_or_else(unknown)?;
    let status = KeyStatus {
        idempotency_key: key.to_string(),
        status: record.status.name(),
        operation: &record.operation,
        attempts: record.attempts,
        created_at: clock::rfc3339(record.created_at),
        updated_at: clock::rfc3339(record.updated_at),
        expires_at: clock::rfc3339(record.expires_at),
    };
    Ok(Answer::json(
        serde_json::to_vec(&status).unwrap_or_default(),
    ))
}
