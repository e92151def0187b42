//! Resources: a name, a description and whatever else the caller wants kept.

use garde::Validate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{
    Execution, JsonObject, Operation, OperationError, ReadError, Reading, Retention, created,
    database::{first_row, insert, millis, text},
};
use crate::{
    clock,
    lifecycle::{SavedResponse, UnixMillis},
};

/// `POST /api/v1/operations/resources`
pub struct CreateResource;

/// What a caller says of a resource.
#[derive(Debug, Deserialize, Validate)]
pub struct ResourceInput {
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
    #[garde(length(chars, max = 500))]
    description: Option<String>,
    #[serde(default)]
    #[garde(skip)]
    metadata: JsonObject,
}

/// A resource as it is answered.
#[derive(Serialize)]
struct Resource {
    id: String,
    name: String,
    description: Option<String>,
    metadata: JsonObject,
    created_at: String,
    idempotency_key: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    description: Option<String>,
    metadata: String,
    created_at: UnixMillis,
    idempotency_key: String,
}

const INSERT: &str = "INSERT INTO resources
  (operation_id, caller, id, name, description, metadata, created_at, idempotency_key)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
  RETURNING id, name, description, metadata, created_at, idempotency_key";

const SELECT: &str = "SELECT id, name, description, metadata, created_at, idempotency_key
  FROM resources WHERE caller = ? AND id = ?";

impl Operation for CreateResource {
    const NAME: &'static str = "create_resource";
    const RETENTION: Retention = Retention::Standard;
    type Input = ResourceInput;

    async fn execute(
        input: ResourceInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let values = [
            JsValue::from_str(&execution.operation_id.0),
            JsValue::from_str(execution.caller),
            JsValue::from_str(&Uuid::new_v4().to_string()),
            JsValue::from_str(&input.name),
            text(input.description.as_deref()),
            JsValue::from_str(input.metadata.as_str()),
            millis(execution.now),
            JsValue::from_str(execution.idempotency_key),
        ];
        let resource: Resource = insert::<Row>(execution.env, INSERT, &values)
            .await?
            .try_into()?;
        let location = format!("/api/v1/operations/resources/{}", resource.id);
        created(Some(location), &resource)
    }
}

/// `GET /api/v1/operations/resources/{id}`
pub async fn read(reading: &Reading<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let values = [
        JsValue::from_str(reading.caller),
        JsValue::from_str(reading.id),
    ];
    let row: Option<Row> = first_row(reading.env, SELECT, &values).await?;
    Ok(row
        .map(|row| Resource::try_from(row).and_then(|found| serde_json::to_vec(&found)))
        .transpose()
        .map_err(OperationError::from)?)
}

impl TryFrom<Row> for Resource {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: row.id,
            name: row.name,
            description: row.description,
            metadata: serde_json::from_str(&row.metadata)?,
            created_at: clock::rfc3339(row.created_at),
            idempotency_key: row.idempotency_key,
        })
    }
}
