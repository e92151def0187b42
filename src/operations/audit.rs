//! The audit log: who did what, and when.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{
    Execution, FieldError, JsonObject, Operation, OperationError, ReadError, Readable, Reading,
    Retention, created,
    database::{insert, integer, rows, text},
    format,
};
use crate::{clock, lifecycle::SavedResponse};

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
    /// If absent, the time of the request.
    #[garde(custom(in_rfc_3339))]
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
const ACTIONS: [&str; 8] = [
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
}

/// Entries, the latest `timestamp` first.
#[derive(JsonSchema, Serialize)]
#[serde(transparent)]
#[schemars(example = [AuditLog::example()])]
pub struct AuditLogs(Vec<AuditLog>);

#[derive(Deserialize)]
struct Row {
    id: String,
    timestamp: String,
    correlation_id: String,
    user_id: String,
    action: String,
    details: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

const INSERT: &str = "INSERT INTO audit_log
  (operation_id, caller, id, timestamp, timestamp_us, correlation_id, user_id, action, details,
   ip_address, user_agent)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
  RETURNING id, timestamp, correlation_id, user_id, action, details, ip_address, user_agent";

const NEWEST: &str =
    "SELECT id, timestamp, correlation_id, user_id, action, details, ip_address, user_agent
  FROM audit_log
  WHERE caller = ?1 AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR user_id = ?3)
  ORDER BY timestamp_us DESC, rowid DESC LIMIT ?4 OFFSET ?5";

impl Operation for CreateAuditLog {
    const NAME: &'static str = "create_audit_log";
    const SUMMARY: &'static str = "Create an entry of the audit log";
    const RETENTION: Retention = Retention::Audit;
    const LOCATION: Option<&'static str> = None;
    type Input = AuditInput;
    type Output = AuditLog;

    async fn execute(
        input: AuditInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let origin = execution.origin;
        let timestamp = input
            .timestamp
            .as_deref()
            .and_then(moment)
            .unwrap_or_else(|| clock::date_time(execution.now));
        let values = [
            JsValue::from_str(&execution.operation_id.0),
            JsValue::from_str(execution.caller),
            JsValue::from_str(&input.id.unwrap_or_else(|| Uuid::new_v4().to_string())),
            JsValue::from_str(&in_utc(timestamp)),
            integer(timestamp.timestamp_micros()),
            text(
                input
                    .correlation_id
                    .as_deref()
                    .or(Some(&origin.correlation_id)),
            ),
            JsValue::from_str(&input.user_id),
            JsValue::from_str(&input.action),
            JsValue::from_str(input.details.as_str()),
            text(input.ip_address.as_deref().or(origin.ip_address.as_deref())),
            text(input.user_agent.as_deref().or(origin.user_agent.as_deref())),
        ];
        let row: Row = insert(execution.env, INSERT, &values).await?;
        let entry = AuditLog::try_from(row)?;
        created::<Self>(&entry.id, &entry)
    }
}

/// `GET /api/audit/logs`
impl Readable for AuditLogs {
    const NAME: &'static str = "list_audit_logs";
    const SUMMARY: &'static str = "List entries of the audit log, the latest first";
    type Query = Page;

    async fn read(reading: &Reading<'_>) -> Result<Option<Self>, ReadError> {
        let page = Page::from_query(reading.query).map_err(ReadError::Invalid)?;
        let values = [
            JsValue::from_str(reading.caller),
            text(page.action.as_deref()),
            text(page.user_id.as_deref()),
            integer(page.limit),
            integer(page.offset.into()),
        ];
        let found: Vec<Row> = rows(reading.env, NEWEST, &values).await?;
        let entries = found.into_iter().map(AuditLog::try_from);
        Ok(Some(Self(
            entries
                .collect::<Result<_, _>>()
                .map_err(OperationError::from)?,
        )))
    }
}

/// Which entries are asked for.
#[derive(Debug, JsonSchema, PartialEq)]
#[serde(default)]
pub struct Page {
    /// At most how many.
    #[schemars(range(min = 1, max = 1000))]
    limit: i64,
    /// How many of the latest to leave out.
    #[schemars(range(max = u32::MAX))]
    offset: u32,
    /// Only those of this action.
    action: Option<String>,
    /// Only those of this user.
    user_id: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            limit: 100,
            offset: 0,
            action: None,
            user_id: None,
        }
    }
}

impl Page {
    fn from_query(query: &str) -> Result<Self, Vec<FieldError>> {
        let mut page = Self::default();
        let mut errors = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "limit" => match value.parse() {
                    Ok(limit @ 1..=1000) => page.limit = limit,
                    Ok(_) | Err(_) => errors.push(FieldError::parameter(
                        "limit",
                        "must be a whole number from 1 to 1000",
                    )),
                },
                "offset" => match value.parse() {
                    Ok(offset) => page.offset = offset,
                    Err(_) => errors.push(FieldError::parameter(
                        "offset",
                        "must be a whole number from 0 to 4294967295",
                    )),
                },
                "action" => page.action = Some(value.into_owned()),
                "user_id" => page.user_id = Some(value.into_owned()),
                _ => {}
            }
        }
        if errors.is_empty() {
            Ok(page)
        } else {
            Err(errors)
        }
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
        })
    }
}

impl AuditLog {
    fn example() -> serde_json::Value {
        json!({
            "id": "b6df5d73-b8b5-4e7b-85a4-f85623981210",
            "timestamp": "2026-01-31T12:00:00.000Z",
            "correlation_id": "cdccdea1-0d0d-4d19-9b6a-1225cc581fb6",
            "user_id": "u1",
            "action": "login",
            "details": {"method": "password"},
            "ip_address": "192.0.2.7",
            "user_agent": "curl/8.14.1",
        })
    }
}

/// `known`, as a schema.
fn action(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ACTIONS})
}

fn known(action: &str, (): &()) -> garde::Result {
    if ACTIONS.contains(&action) {
        Ok(())
    } else {
        Err(garde::Error::new(format!(
            "must be one of {}",
            ACTIONS.join(", ")
        )))
    }
}

#[expect(clippy::ref_option, reason = "garde hands the field over as it is")]
fn in_rfc_3339(timestamp: &Option<String>, (): &()) -> garde::Result {
    match timestamp {
        Some(text) if moment(text).is_none() => Err(garde::Error::new(
            "must be a date and time as in RFC 3339, such as 2026-01-31T12:00:00Z",
        )),
        Some(_) | None => Ok(()),
    }
}

/// A moment as it is answered.
pub(super) fn in_utc(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A moment whose year has four digits in UTC too, where it is answered: RFC 3339 knows no others.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|moment| moment.to_utc())
        .filter(|moment| (0..=9999).contains(&moment.year()))
}
