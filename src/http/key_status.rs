//! What became of a key of this caller.

use serde::Serialize;
use worker::Env;

use super::{answer::Answer, auth::Caller, exchange::Exchange, problem::Problem};
use crate::{
    clock,
    coordinator::{CompositeKey, IdempotencyKey, Message, Reply, Scope, ask},
    settings::{Role, Settings},
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

/// Whose key is meant: the caller's, or that of the client that an operator names in the query.
fn asked_about(caller: &Caller, query: &str) -> Result<Scope, Problem> {
    let client = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "client");
    match (client, caller.role) {
        (None, _) => Ok(caller.scope),
        (Some((_, client)), Role::Operator) => Ok(Scope::of_client(&client)),
        (Some(_), Role::Client) => Err(Problem::operators_only()),
    }
}

/// Looks up `key`. One that is unknown, has expired, belongs to another caller or is none looks the same.
pub async fn key_status(
    caller: &Caller,
    key: &str,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    let unknown = || Problem::not_found("You have no such key, or it has expired.");
    let scope = asked_about(caller, &exchange.query)?;
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
