//! Resources: a name, a description and whatever else the caller wants kept.

use garde::Validate;
use idempotency_core::lifecycle::{SavedResponse, UnixMillis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use idempotency_edge::{
    clock,
    operation::{
        Execution, JsonObject, JsonOperation, OperationError, ReadError, Readable, Reading,
        created,
        database::{first_row, insert, millis, text},
        example_key, format,
    },
};

/// `POST /api/v1/operations/resources`
pub struct CreateResource;

/// What a caller says of a resource.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[schemars(example = json!({"name": "My first resource", "metadata": {"weight_kg": 1.5}}))]
pub struct ResourceInput {
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
    #[garde(length(chars, max = 500))]
    description: Option<String>,
    /// Whatever else is to be kept; it comes back digit for digit.
    #[serde(default)]
    #[garde(skip)]
    metadata: JsonObject,
}

/// A resource as it is answered.
#[derive(JsonSchema, Serialize)]
#[schemars(example = Self::example())]
pub struct Resource {
    #[schemars(schema_with = "format::uuid_v4")]
    id: String,
    name: String,
    description: Option<String>,
    metadata: JsonObject,
    #[schemars(schema_with = "format::moment")]
    created_at: String,
    /// The key of the request that made it.
    #[schemars(schema_with = "format::uuid_v4")]
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

impl JsonOperation for CreateResource {
    const NAME: &'static str = "create_resource";
    const SUMMARY: &'static str = "Create a resource";
    const LOCATION: Option<&'static str> = Some("/api/v1/operations/resources/{id}");
    type Input = ResourceInput;
    type Output = Resource;

    async fn execute(
        &self,
        input: ResourceInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let values = [
            JsValue::from_str(&execution.operation_id.0),
            JsValue::from_str(execution.scope),
            JsValue::from_str(&Uuid::new_v4().to_string()),
            JsValue::from_str(&input.name),
            text(input.description.as_deref()),
            JsValue::from_str(input.metadata.as_str()),
            millis(execution.now),
            text(execution.idempotency_key),
        ];
        let resource: Resource = insert::<Row>(execution.env, INSERT, &values)
            .await?
            .try_into()?;
        created::<Self>(&resource.id, &resource)
    }
}

/// `GET /api/v1/operations/resources/{id}`
impl Readable for Resource {
    const NAME: &'static str = "read_resource";
    const SUMMARY: &'static str = "Read a resource";
    type Query = ();

    async fn read(reading: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        let values = [
            JsValue::from_str(reading.scope),
            JsValue::from_str(reading.variables.get("id")),
        ];
        let row: Option<Row> = first_row(reading.env, SELECT, &values).await?;
        Ok(row
            .map(Self::try_from)
            .transpose()
            .map_err(OperationError::from)?)
    }
}

impl Resource {
    fn example() -> serde_json::Value {
        json!({
            "id": "2a251b12-feae-42e8-a73a-d8b1dad5096d",
            "name": "My first resource",
            "description": null,
            "metadata": {"weight_kg": 1.5},
            "created_at": "2026-01-31T12:00:00.000Z",
            "idempotency_key": example_key(CreateResource::NAME),
        })
    }
}

impl TryFrom<Row> for Resource {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: row.id,
            name: row.name,
            description: row.description,
            metadata: serde_json::from_slice(row.metadata.as_bytes())?,
            created_at: clock::rfc3339(row.created_at),
            idempotency_key: row.idempotency_key,
        })
    }
}
