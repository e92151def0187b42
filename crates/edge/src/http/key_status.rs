//! What became of a key of this caller.

use idempotency_core::{
    CompositeKey, IdempotencyKey, Inspected, Message, Scope, lifecycle::StatusName,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;
use strum::VariantArray;
use worker::Env;

use super::{answer::Answer, auth::Caller, exchange::Exchange, problem::Problem, router::Router};
use crate::{
    clock,
    coordinator::{Unreachable, ask},
    operation::{FieldError, Query, example_key, format::moment, parse_query},
    settings::{Auth, Role, Settings},
    tasks::within,
    telemetry::{Event, tell},
};

/// The answer to the look-up of a key.
#[derive(JsonSchema, Serialize)]
#[schemars(example = Self::example())]
pub struct KeyStatus<'a> {
    idempotency_key: String,
    /// An attempt that died, or was given up at its deadline, is `FAILED`; of an operation that must not be repeated it
    /// is `AMBIGUOUS`, until its late answer or an operator says what became of it. `FORGOTTEN` is in the history, and in
    /// the answer to whoever has a key forgotten, alone.
    #[schemars(schema_with = "statuses")]
    status: StatusName,
    operation: &'a str,
    /// How many attempts have been started.
    #[schemars(range(min = 1))]
    attempts: u32,
    /// When the first request came.
    #[schemars(schema_with = "moment")]
    created_at: String,
    /// When `status` last changed.
    #[schemars(schema_with = "moment")]
    updated_at: String,
    /// From then on the key is as good as new.
    #[schemars(schema_with = "moment")]
    expires_at: String,
    /// The last changes of `status`, oldest first, at most 50.
    history: Vec<StepTaken<'a>>,
}

/// A change of a key's status.
#[derive(JsonSchema, Serialize)]
pub struct StepTaken<'a> {
    #[schemars(schema_with = "moment")]
    at: String,
    #[schemars(schema_with = "statuses")]
    status: &'a str,
    /// The attempt that began or ended.
    #[schemars(range(min = 1))]
    attempt: u32,
    /// The trace of the request that started the attempt, if that had a `traceparent`.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    /// The operator who said so, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
}

/// What the look-up's query may say.
#[derive(Default, JsonSchema)]
pub struct KeyQuery {
    /// The id of the client whose key is meant, if it is not the caller's own. For tokens with the role operator.
    client: Option<String>,
    /// The scope of the caller whose key is meant, if it is no client: 64 hex digits, as the log names it. It counts
    /// before `client`. For tokens with the role operator.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    scope: Option<String>,
}

impl Query for KeyQuery {
    const NAMES: &'static [&'static str] = &["client", "scope"];

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let value = Some(value.to_owned());
        match name {
            "client" => self.client = value,
            _ => self.scope = value,
        }
        Ok(())
    }
}

/// Whose key is meant: the caller's, or that of the client that an operator names in the query.
///
/// Where no token is checked, a client's name is its token.
fn asked_about(caller: &Caller, query: &str, settings: &Settings) -> Result<Scope, Problem> {
    let KeyQuery { client, scope } = parse_query(query).map_err(Problem::invalid)?;
    match (client, scope, caller.role) {
        (None, None, _) => Ok(caller.scope),
        (_, _, Role::Client) => Err(Problem::operators_only()),
        (_, Some(scope), Role::Operator) => Scope::from_hex(&scope).ok_or_else(|| {
            let rule = "must be 64 hex digits in lower case";
            Problem::invalid(vec![FieldError::parameter("scope", rule)])
        }),
        (Some(client), None, Role::Operator) => Ok(match settings.auth {
            Auth::Off => Scope::of_token(&client),
            Auth::On { .. } => Scope::of_client(&client),
        }),
    }
}

/// Looks up `key`. An unknown, expired or invalid key and another caller's get the same answer.
pub async fn key_status(
    caller: &Caller,
    key: &str,
    exchange: &Exchange,
    router: &Router,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    for (key, address) in addressed(caller, key, exchange, router, settings)? {
        let reply = reply(&address, Message::Inspect, exchange, settings, env).await?;
        if !is_unknown(&reply) {
            return answer(&key, reply);
        }
    }
    Err(unknown())
}

/// The keys that can be meant, with the addresses of their records: a text can be a UUID and an opaque key.
pub(super) fn addressed(
    caller: &Caller,
    key: &str,
    exchange: &Exchange,
    router: &Router,
    settings: &Settings,
) -> Result<Vec<(IdempotencyKey, CompositeKey)>, Problem> {
    let scope = asked_about(caller, &exchange.query, settings)?;
    let keys = IdempotencyKey::readings(key, &router.operations.key_forms());
    Ok(keys
        .into_iter()
        .map(|key| {
            let address = CompositeKey::new(&scope, &key);
            (key, address)
        })
        .collect())
}

/// That there is no such key.
pub(super) fn unknown() -> Problem {
    Problem::not_found("You have no such key, or it has expired.")
}

/// Whether the object has no record of the key.
pub(super) const fn is_unknown(reply: &Inspected) -> bool {
    matches!(reply, Inspected::Record { record: None, .. })
}

/// What the object of `address` says to `message`.
pub(super) async fn reply(
    address: &CompositeKey,
    message: Message,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Inspected, Problem> {
    let call = ask(env, address, &message);
    let told = within(settings.call_deadline_ms(None, 0), call).await;
    told.unwrap_or(Err(Unreachable::Deadline))
        .map_err(|unreachable| {
            let reason = unreachable.to_string();
            let duration_ms = exchange.duration_ms();
            tell(
                exchange.subject(),
                &Event::Unreachable {
                    reason,
                    duration_ms,
                },
            );
            Problem::unavailable()
        })?
        .map_err(Problem::silence)
}

/// The answer that shows what `reply` says of `key`.
pub(super) fn answer(key: &IdempotencyKey, reply: Inspected) -> Result<Answer, Problem> {
    let (record, history) = match reply {
        Inspected::Record { record, history } => (record, history),
        Inspected::NotAmbiguous => return Err(Problem::not_ambiguous()),
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
        history: history
            .steps()
            .map(|(step, trace_id)| StepTaken {
                at: clock::rfc3339(step.at),
                status: &step.status,
                attempt: step.attempt,
                trace_id,
                by: step.by.as_deref(),
            })
            .collect(),
    };
    Ok(Answer::json(
        serde_json::to_vec(&status).unwrap_or_default(),
    ))
}

impl KeyStatus<'_> {
    fn example() -> serde_json::Value {
        json!({
            "idempotency_key": example_key("create_resource"),
            "status": StatusName::Completed,
            "operation": "create_resource",
            "attempts": 1,
            "created_at": "2026-01-31T12:00:00.000Z",
            "updated_at": "2026-01-31T12:00:00.120Z",
            "expires_at": "2026-02-01T12:00:00.000Z",
            "history": [
                {"at": "2026-01-31T12:00:00.000Z", "status": StatusName::Processing, "attempt": 1},
                {"at": "2026-01-31T12:00:00.120Z", "status": StatusName::Completed, "attempt": 1},
            ],
        })
    }
}

fn statuses(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": StatusName::VARIANTS})
}
