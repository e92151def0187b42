//! What the operations do: a row each.

use idempotency_edge::{
    operation::{Execution, OperationError, ReadError, Readable, Reading},
    store::{Kind, Table},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::database::run;

const TABLE: Table<2> = Table {
    name: "effects",
    columns: [("operation", Kind::Text), ("path", Kind::Text)],
};

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
        let found = run(reading.env, SELECT, &[path.into()]).await;
        let rows = found.and_then(|found| found.results());
        Ok(rows.map_err(OperationError::from)?.pop())
    }
}

/// Takes the effect of the operation of this name.
pub async fn take_effect(operation: &str, execution: &Execution<'_>) -> Result<(), OperationError> {
    let values = [operation.into(), execution.request.path.as_str().into()];
    let _row: Option<IgnoredAny> = execution.insert_once(&TABLE, values).await?;
    Ok(())
}
