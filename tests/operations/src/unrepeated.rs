//! An operation that must not be repeated: it writes a row each time it is executed, as an upstream would that knows no
//! operation id.

use garde::Validate;
use idempotency_edge::{
    core::lifecycle::{Repeat, SavedResponse},
    operation::{Execution, JsonOperation, OperationError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::database::run;

/// `POST /unrepeated`
pub struct Unrepeated;

/// How it is to end.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
pub struct Wanted {
    #[garde(skip)]
    end: End,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum End {
    Answered,
    NotSent,
    Ambiguous,
    /// The database refuses: whether it has done something before, no error tells.
    Error,
}

/// Nothing of its own.
#[derive(JsonSchema, Serialize)]
pub struct Nothing {}

#[derive(Deserialize)]
struct Row {
    number: u32,
}

const INSERT: &str = "INSERT INTO sent (idempotency_key) VALUES (?) RETURNING number";

impl JsonOperation for Unrepeated {
    const NAME: &'static str = "unrepeated";
    const SUMMARY: &'static str = "Do something that cannot be done twice";
    const REPEAT: Repeat = Repeat::Never;
    type Input = Wanted;
    type Output = Nothing;

    async fn execute(
        &self,
        input: Wanted,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        if matches!(input.end, End::NotSent) {
            return Err(OperationError::NotSent("the road is closed".to_owned()));
        }
        let values = [execution.idempotency_key.into()];
        let rows: Vec<Row> = run(execution.env, INSERT, &values).await?.results()?;
        match input.end {
            End::Answered | End::NotSent => Ok(SavedResponse {
                status: 201,
                headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
                body: rows
                    .first()
                    .map_or(0, |row| row.number)
                    .to_string()
                    .into_bytes(),
            }),
            End::Ambiguous => Err(OperationError::Ambiguous("the line broke".to_owned())),
            End::Error => {
                run(execution.env, "SELECT nothing", &[]).await?;
                Err(OperationError::Ambiguous(String::new()))
            }
        }
    }
}
