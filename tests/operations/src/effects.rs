//! What the operations do: a row each.

use idempotency_edge::operation::{
    Execution, OperationError, ReadError, Readable, Reading,
    database::{first_row, rows},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const INSERT: &str = "INSERT INTO effects (operation_id, operation, path) VALUES (?, ?, ?)
  ON CONFLICT (operation_id) DO NOTHING";

const SELECT: &str = "SELECT count(*) AS count FROM effects WHERE path = ?";

/// `GET /things/{id}`: how often something was done there.
#[derive(Deserialize, JsonSchema, Serialize)]
pub struct Effects {
    count: u32,
}

impl Readable for Effects {
    const NAME: &'static str = "count_effects";
    const SUMMARY: &'static str = "Tell how often something was done";
    type Query = ();

    async fn read(reading: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        let path = format!("/things/{}", reading.variables.get("id"));
        Ok(first_row(reading.env, SELECT, &[path.into()]).await?)
    }
}

/// Takes the effect of the operation of this name.
pub async fn take_effect(operation: &str, execution: &Execution<'_>) -> Result<(), OperationError> {
    let values = [
        execution.operation_id.0.as_str().into(),
        operation.into(),
        execution.request.path.as_str().into(),
    ];
    rows::<Effects>(execution.env, INSERT, &values).await?;
    Ok(())
}
