//! Resources: a name, a description and whatever else the caller wants kept.

use garde::Validate;
use idempotency_core::lifecycle::{SavedResponse, UnixMillis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use idempotency_edge::{
    clock,
    operation::{
        Execution, JsonObject, JsonOperation, OperationError, ReadError, Readable, Reading,
        created, example_key, format,
    },
    store::{Kind, Table, Value},
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

const TABLE: Table<6> = Table {
    name: "resources",
    columns: [
        ("id", Kind::Id),
        ("name", Kind::Text),
        ("description", Kind::Text),
        ("metadata", Kind::Json),
        ("created_at", Kind::Moment),
        ("idempotency_key", Kind::Text),
    ],
};

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
        let id = Uuid::new_v4().to_string();
        let values = [
            Value::from(&id),
            Value::from(&input.name),
            input.description.as_deref().into(),
            input.metadata.as_str().into(),
            execution.now.into(),
            execution.idempotency_key.into(),
        ];
        let row: Option<Row> = execution.insert_once(&TABLE, values).await?;
        let resource: Resource = row.ok_or(OperationError::Taken)?.try_into()?;
        created::<Self>(&resource.id, &resource)
    }
}

/// `GET /api/v1/operations/resources/{id}`
impl Readable for Resource {
    const NAME: &'static str = "read_resource";
    const SUMMARY: &'static str = "Read a resource";
    type Query = ();

    async fn read(reading: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        let row: Option<Row> = reading.find(&TABLE, reading.variables.get("id")).await?;
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
