//! The audit log: who did what, and when.

use garde::Validate;
use idempotency_core::lifecycle::{SavedResponse, UnixMillis};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::timestamp;
use idempotency_edge::{
    clock,
    operation::{Execution, JsonObject, JsonOperation, Listing, OperationError, created, format},
    settings::Retention,
    store::{Kind, Table, Value},
};

/// `POST /api/audit/log`
pub struct CreateAuditLog;

/// What a caller says of an event. What is absent is filled in.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[schemars(example = json!({"user_id": "u1", "action": "login", "details": {"method": "password"}}))]
pub struct AuditInput {
    #[garde(length(chars, min = 1))]
    user_id: String,
    #[garde(custom(known))]
    #[schemars(schema_with = "action")]
    action: String,
    #[garde(skip)]
    details: JsonObject,
    /// If absent, a UUID of version 4. It is not checked for uniqueness.
    #[garde(length(chars, min = 1))]
    id: Option<String>,
    /// RFC 3339, with at most 9 digits after the second, in a year from 0001 to 9999 in UTC too. The second 60 is
    /// refused: programs that read a list could not read it. If absent, the time of the request.
    #[garde(custom(can_be_answered))]
    #[schemars(extend("format" = "date-time"))]
    timestamp: Option<String>,
    /// If absent, the request's.
    #[garde(length(chars, min = 1))]
    correlation_id: Option<String>,
    /// If absent, the client's address.
    #[garde(skip)]
    ip_address: Option<String>,
    /// If absent, the request's header field `User-Agent`.
    #[garde(skip)]
    user_agent: Option<String>,
}

/// What may have been done.
pub(super) const ACTIONS: [&str; 8] = [
    "login",
    "logout",
    "api_access",
    "config_change",
    "data_access",
    "cache_invalidation",
    "llm_query",
    "cors_violation",
];

/// An entry as it is answered.
#[derive(JsonSchema, Serialize)]
#[schemars(example = Self::example())]
pub struct AuditLog {
    id: String,
    #[schemars(schema_with = "format::moment")]
    timestamp: String,
    correlation_id: String,
    user_id: String,
    #[schemars(schema_with = "action")]
    action: String,
    details: JsonObject,
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// When the service made the entry, by its own clock.
    #[schemars(schema_with = "received_at")]
    received_at: Option<String>,
    /// The address that the request came from, whatever it says in `ip_address`.
    remote_address: Option<String>,
    /// The `X-Correlation-ID` of the request, whatever it says in `correlation_id`.
    request_correlation_id: Option<String>,
}

/// An entry as it is stored.
#[derive(Deserialize)]
pub(super) struct Row {
    id: String,
    timestamp: String,
    correlation_id: String,
    user_id: String,
    action: String,
    details: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    received_at: Option<UnixMillis>,
    remote_address: Option<String>,
    request_correlation_id: Option<String>,
}

pub(super) const TABLE: Table<13> = Table {
    name: "audit_log",
    columns: [
        ("id", Kind::Text),
        ("timestamp", Kind::Text),
        ("timestamp_us", Kind::Integer),
        ("correlation_id", Kind::Text),
        // A user has fewer entries than an action.
        ("user_id", Kind::Filter),
        ("action", Kind::Filter),
        ("details", Kind::Json),
        ("ip_address", Kind::Text),
        ("user_agent", Kind::Text),
        ("received_at", Kind::Moment),
        ("remote_address", Kind::Text),
        ("request_correlation_id", Kind::Text),
        ("moment", Kind::Order),
    ],
};

impl JsonOperation for CreateAuditLog {
    const NAME: &'static str = "create_audit_log";
    const SUMMARY: &'static str = "Create an entry of the audit log";
    const RETENTION: Retention = Retention::Variable {
        name: "AUDIT_TTL_SECONDS",
        default_s: 3600,
    };
    const LISTING: Option<Listing> = Some(Listing {
        name: "list_audit_logs",
        parameter: "user_id",
    });
    type Input = AuditInput;
    type Output = AuditLog;

    async fn execute(
        &self,
        input: AuditInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let origin = execution.origin;
        let timestamp = input
            .timestamp
            .as_deref()
            .and_then(|text| timestamp::read(text).ok())
            .unwrap_or_else(|| clock::date_time(execution.now));
        let id = input.id.unwrap_or_else(|| Uuid::new_v4().to_string());
        let written = timestamp::write(timestamp);
        let microseconds = timestamp.timestamp_micros().to_string();
        let padded = timestamp::pad(timestamp);
        let correlation_id = input.correlation_id.as_ref();
        let values = [
            Value::from(&id),
            Value::from(&written),
            Value::from(&microseconds),
            Value::from(correlation_id.unwrap_or(&origin.correlation_id)),
            Value::from(&input.user_id),
            Value::from(&input.action),
            input.details.as_str().into(),
            input
                .ip_address
                .as_deref()
                .or(origin.ip_address.as_deref())
                .into(),
            input
                .user_agent
                .as_deref()
                .or(origin.user_agent.as_deref())
                .into(),
            execution.now.into(),
            origin.ip_address.as_deref().into(),
            Value::from(&origin.correlation_id),
            Value::from(&padded),
        ];
        let row: Option<Row> = execution.insert_once(&TABLE, values).await?;
        let row = row.ok_or(OperationError::Taken)?;
        let entry = AuditLog::try_from(row)?;
        created::<Self>(&entry.id, &entry)
    }
}

impl TryFrom<Row> for AuditLog {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: row.id,
            timestamp: row.timestamp,
            correlation_id: row.correlation_id,
            user_id: row.user_id,
            action: row.action,
            details: serde_json::from_slice(row.details.as_bytes())?,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            received_at: row.received_at.map(clock::rfc3339),
            remote_address: row.remote_address,
            request_correlation_id: row.request_correlation_id,
        })
    }
}

impl AuditLog {
    /// What the description of the API shows.
    pub(super) fn example() -> serde_json::Value {
        json!({
            "id": "b6df5d73-b8b5-4e7b-85a4-f85623981210",
            "timestamp": "2026-01-31T12:00:00.000Z",
            "correlation_id": "cdccdea1-0d0d-4d19-9b6a-1225cc581fb6",
            "user_id": "u1",
            "action": "login",
            "details": {"method": "password"},
            "ip_address": "192.0.2.7",
            "user_agent": "curl/8.14.1",
            "received_at": "2026-01-31T12:00:00.000Z",
            "remote_address": "192.0.2.7",
            "request_correlation_id": "cdccdea1-0d0d-4d19-9b6a-1225cc581fb6",
        })
    }
}

/// A moment, and that of entries which were made before it was kept there is none.
fn received_at(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = format::moment(generator);
    schema.insert("type".to_owned(), json!(["string", "null"]));
    schema
}

/// `known`, as a schema.
pub(super) fn action(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ACTIONS})
}

/// What an action must be.
pub(super) fn one_of_actions() -> String {
    format!("must be one of {}", ACTIONS.join(", "))
}

fn known(action: &str, (): &()) -> garde::Result {
    if ACTIONS.contains(&action) {
        Ok(())
    } else {
        Err(garde::Error::new(one_of_actions()))
    }
}

#[expect(clippy::ref_option, reason = "garde hands the field over as it is")]
fn can_be_answered(timestamp: &Option<String>, (): &()) -> garde::Result {
    match timestamp.as_deref().map(timestamp::read) {
        Some(Err(rule)) => Err(garde::Error::new(rule)),
        Some(Ok(_)) | None => Ok(()),
    }
}
