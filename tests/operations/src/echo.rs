//! An operation that answers what it was given: all of the request.

use futures_util::future::LocalBoxFuture;
use idempotency_edge::{
    core::{
        Request,
        lifecycle::{Fingerprint, SavedResponse},
    },
    operation::{Execution, Operation, OperationError, Refusal, fingerprint},
    settings::Retention,
};
use serde_json::json;

use crate::effects::take_effect;

/// One of several operations, by its terms.
pub struct Echo {
    /// `Operation::name`
    pub name: &'static str,
    /// `Operation::retention`
    pub retention: Retention,
    /// `Operation::deadline_s`
    pub deadline_s: Option<u64>,
}

impl Echo {
    /// The one of this name, with the terms that an operation has which says none.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            retention: Retention::Standard,
            deadline_s: None,
        }
    }
}

impl Operation for Echo {
    fn name(&self) -> &str {
        self.name
    }

    fn retention(&self) -> Retention {
        self.retention
    }

    fn deadline_s(&self) -> Option<u64> {
        self.deadline_s
    }

    fn reads_fields(&self) -> bool {
        true
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        Ok(fingerprint(request, &request.body))
    }

    fn execute<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>> {
        Box::pin(async move {
            take_effect(self.name, execution).await?;
            let Request {
                base_url: _,
                method,
                path,
                query,
                variables,
                fields,
                body,
            } = execution.request;
            let seen = json!({
                "method": method,
                "path": path,
                "query": query,
                "variables": variables,
                "fields": fields,
                "body": body,
                "operation_id": execution.operation_id.0,
                "idempotency_key": execution.idempotency_key,
            });
            Ok(SavedResponse {
                status: 200,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: seen.to_string().into_bytes(),
            })
        })
    }
}
