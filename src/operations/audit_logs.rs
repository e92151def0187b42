//! Lists of the audit log, page by page.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{
    audit::{ACTIONS, AuditLog, Row, action, one_of_actions},
    timestamp,
};
use idempotency_edge::operation::{
    OperationError, Query, ReadError, Readable, Reading,
    database::{integer, rows, text},
};

/// Entries, the latest `timestamp` first.
#[derive(JsonSchema, Serialize)]
#[serde(transparent)]
#[schemars(example = [AuditLog::example()])]
pub struct AuditLogs {
    entries: Vec<AuditLog>,
    #[serde(skip)]
    next: Option<String>,
}

/// How many bytes of entries a page has, so that no isolate is short of memory for it: they are held some five times
/// over, as what the database says and what is answered. An entry that is longer is a page of its own.
const MAX_PAGE_BYTES: i64 = 1 << 20;

/// `GET /api/audit/logs`
impl Readable for AuditLogs {
    const NAME: &'static str = "list_audit_logs";
    const SUMMARY: &'static str = "List entries of the audit log, the latest first";
    type Query = AuditLogQuery;

    async fn read(reading: &Reading<'_>, query: AuditLogQuery) -> Result<Option<Self>, ReadError> {
        let mut found: Vec<Row> =
            rows(reading.env, &query.statement(), &query.values(reading)).await?;
        found.truncate(query.at_most() as usize);
        let entries = found.len();
        let next = found
            .last()
            .filter(|last| last.found > entries)
            .map(|last| query.after(&last.place, entries));
        let entries = found.into_iter().map(AuditLog::try_from);
        let entries: Result<_, _> = entries.collect();
        Ok(Some(Self {
            entries: entries.map_err(OperationError::from)?,
            next,
        }))
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}

/// How many entries may be left out: each of them is read, and billed.
const MAX_OFFSET: u32 = 10_000;

/// Which entries are asked for.
#[derive(Debug, JsonSchema)]
#[serde(default)]
pub struct AuditLogQuery {
    /// At most how many. A page has fewer where they are long: 1 MiB in all, but one entry at least.
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
    /// How many of the latest to leave out.
    #[schemars(range(max = MAX_OFFSET))]
    offset: u32,
    /// Only those of this action.
    #[schemars(schema_with = "action")]
    action: Option<String>,
    /// Only those of this user.
    user_id: Option<String>,
    /// Where the page before ended: from its field `Link`.
    #[schemars(with = "Option<String>")]
    cursor: Option<Cursor>,
}

/// The end of a page.
#[derive(Debug)]
struct Cursor {
    /// The last entry's moment, as the table has it, and the id of the operation that made the entry: its row's number
    /// would tell how many entries others have. Once the row is deleted, entries of the same moment may come twice; none
    /// is left out.
    moment: String,
    operation_id: Uuid,
    /// How many entries the page had.
    entries: u32,
}

impl Default for AuditLogQuery {
    fn default() -> Self {
        Self {
            limit: 100,
            offset: 0,
            action: None,
            user_id: None,
            cursor: None,
        }
    }
}

impl Query for AuditLogQuery {
    const NAMES: &'static [&'static str] = &["limit", "offset", "action", "user_id", "cursor"];

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "limit" => {
                let limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=1000).contains(limit));
                self.limit = limit.ok_or("must be a whole number from 1 to 1000")?;
            }
            "offset" => {
                let offset = value.parse().ok().filter(|offset| *offset <= MAX_OFFSET);
                self.offset = offset.ok_or_else(|| {
                    format!(
                        "must be a whole number from 0 to {MAX_OFFSET}: follow Link to go further"
                    )
                })?;
            }
            "action" if !ACTIONS.contains(&value) => return Err(one_of_actions()),
            "action" => self.action = Some(value.to_owned()),
            "user_id" => self.user_id = Some(value.to_owned()),
            _ => {
                let cursor = Cursor::parse(value);
                self.cursor = Some(cursor.ok_or("must be one that a page's field Link has")?);
            }
        }
        Ok(())
    }
}

impl AuditLogQuery {
    /// How many entries to look at. After a page that was full before it had `limit` entries, looking at so many again
    /// would be in vain.
    fn at_most(&self) -> u32 {
        let expected = self.cursor.as_ref().map(|cursor| cursor.entries);
        let expected = expected.map(|entries| entries.saturating_mul(2).saturating_add(2));
        self.limit.min(expected.unwrap_or(u32::MAX))
    }

    /// The entries are found in an index, and measured before any of them is read.
    fn statement(&self) -> String {
        let found = if self.cursor.is_none() {
            self.found("")
        } else {
            // In one condition SQLite would search for the moment alone, and read all entries that have it.
            let same_moment = "AND moment = ?4 AND rowid < COALESCE(
              (SELECT rowid FROM audit_log WHERE caller = ?1 AND operation_id = ?5), 9223372036854775807)";
            let earlier = "AND moment < ?4";
            format!(
                "{} UNION ALL {}",
                self.found(same_moment),
                self.found(earlier)
            )
        };
        format!(
            "SELECT id, timestamp, correlation_id, user_id, action, details, ip_address, user_agent,
               received_at, remote_address, request_correlation_id, found, moment || '_' || operation_id AS place
             FROM (
               SELECT number, bytes, COUNT(*) OVER () AS found, SUM(bytes) OVER
                 (ORDER BY at DESC, number DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
               FROM ({found} ORDER BY at DESC, number DESC LIMIT ?6 + 1 OFFSET ?7)
             ) JOIN audit_log ON audit_log.rowid = number
             WHERE bytes_so_far = bytes OR bytes_so_far <= {MAX_PAGE_BYTES} ORDER BY bytes_so_far"
        )
    }

    /// A selection of the entries that `place` and the filters let through, with the bytes that each has as JSON.
    fn found(&self, place: &str) -> String {
        let action = match (&self.action, &self.user_id) {
            (None, _) => "",
            (Some(_), None) => "AND action = ?2",
            // A user has fewer entries than an action: the plus keeps the index of actions out of it.
            (Some(_), Some(_)) => "AND +action = ?2",
        };
        let user_id = self.user_id.as_ref().map_or("", |_| "AND user_id = ?3");
        format!(
            "SELECT rowid AS number, moment AS at,
               256 + octet_length(details) + octet_length(json_array(id, correlation_id, user_id, ip_address,
                 user_agent, remote_address, request_correlation_id)) AS bytes
             FROM audit_log WHERE caller = ?1 {action} {user_id} {place}"
        )
    }

    fn values(&self, reading: &Reading<'_>) -> [JsValue; 7] {
        let cursor = self.cursor.as_ref();
        let operation_id = cursor.map(|cursor| cursor.operation_id.to_string());
        [
            JsValue::from_str(reading.scope),
            text(self.action.as_deref()),
            text(self.user_id.as_deref()),
            text(cursor.map(|cursor| cursor.moment.as_str())),
            text(operation_id.as_deref()),
            integer(self.at_most().into()),
            integer(self.offset.into()),
        ]
    }

    /// The query for what comes after a page of so many entries, the last of which is at `place`.
    fn after(&self, place: &str, entries: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string());
        for (name, value) in [("action", &self.action), ("user_id", &self.user_id)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", &format!("{place}_{entries}"));
        query.finish()
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let moment = parts.next()?;
        let cursor = Self {
            moment: timestamp::is_padded(moment).then(|| moment.to_owned())?,
            operation_id: parts.next()?.parse().ok()?,
            entries: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}
