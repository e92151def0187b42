//! Lists of the audit log, page by page.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    audit::{ACTIONS, AuditLog, Row, TABLE, action, one_of_actions},
    timestamp,
};
use idempotency_edge::{
    operation::{OperationError, Query, ReadError, Readable, Reading},
    store::{List, Page, Place},
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
const MAX_PAGE_BYTES: u32 = 1 << 20;

/// `GET /api/audit/logs`
impl Readable for AuditLogs {
    const NAME: &'static str = "list_audit_logs";
    const SUMMARY: &'static str = "List entries of the audit log, the latest first";
    type Query = AuditLogQuery;

    async fn read(reading: &Reading<'_>, query: AuditLogQuery) -> Result<Option<Self>, ReadError> {
        let cursor = query.cursor.as_ref();
        let operation_id = cursor.map(|cursor| cursor.operation_id.to_string());
        let list = List {
            filters: &query.filters(),
            after: cursor
                .zip(operation_id.as_deref())
                .map(|(cursor, operation_id)| Place {
                    order: &cursor.moment,
                    operation_id,
                }),
            offset: query.offset,
            limit: query.at_most(),
            max_bytes: MAX_PAGE_BYTES,
        };
        let (rows, next): Page<Row> = reading.list(&TABLE, &list).await?;
        let next = next.map(|place| query.after(&place, rows.len()));
        let entries = rows.into_iter().map(AuditLog::try_from);
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

    fn filters(&self) -> Vec<(&'static str, &str)> {
        [("user_id", &self.user_id), ("action", &self.action)]
            .into_iter()
            .filter_map(|(column, value)| Some((column, value.as_deref()?)))
            .collect()
    }

    /// The query for what comes after a page of so many entries, the last of which is at `place`.
    fn after(&self, place: &str, entries: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string());
        query.extend_pairs(self.filters());
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
