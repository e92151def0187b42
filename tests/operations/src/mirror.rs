//! An operation that answers with the bytes that it was sent.

use futures_util::future::LocalBoxFuture;
use idempotency_edge::{
    core::{
        Request,
        lifecycle::{Fingerprint, SavedResponse},
    },
    operation::{Execution, Operation, OperationError, Refusal, fingerprint},
};

use crate::effects::take_effect;

/// `POST /mirror`
pub struct Mirror;

impl Operation for Mirror {
    fn name(&self) -> &'static str {
        "mirror"
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        Ok(fingerprint(request, &request.body))
    }

    fn execute<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>> {
        Box::pin(async move {
            take_effect("mirror", execution).await?;
            // None of the fields is there: it does not read them.
            let fields = execution.request.fields.len().to_string();
            Ok(SavedResponse {
                status: 200,
                headers: vec![
                    (
                        "content-type".to_owned(),
                        "application/octet-stream".to_owned(),
                    ),
                    ("x-fields".to_owned(), fields),
                ],
                body: execution.request.body.clone(),
            })
        })
    }
}
