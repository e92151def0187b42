//! An operation that answers whatever it is told to: for what operations may get wrong.

use garde::Validate;
use idempotency_edge::{
    core::lifecycle::SavedResponse,
    operation::{Execution, JsonOperation, OperationError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /any-answer`
pub struct AnyAnswer;

/// The answer that is wanted.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
pub struct Wanted {
    #[garde(skip)]
    status: u16,
    #[garde(skip)]
    headers: Vec<(String, String)>,
    #[garde(skip)]
    body: String,
}

/// Nothing of its own.
#[derive(JsonSchema, Serialize)]
pub struct Nothing {}

impl JsonOperation for AnyAnswer {
    const NAME: &'static str = "any_answer";
    const SUMMARY: &'static str = "Answer whatever is wanted";
    type Input = Wanted;
    type Output = Nothing;

    async fn execute(
        &self,
        input: Wanted,
        _execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        Ok(SavedResponse {
            status: input.status,
            headers: input.headers,
            body: input.body.into_bytes(),
        })
    }
}
