//! Operations whose request and answer are JSON.

use futures_util::future::LocalBoxFuture;
use garde::Validate;
use idempotency_core::{
    Request,
    lifecycle::{Fingerprint, Repeat, SavedResponse},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{Execution, Listing, Operation, OperationError, Refusal, fingerprint_of_json, input};
#[cfg(not(target_arch = "wasm32"))]
use super::{Shape, shape::named};
use crate::settings::Retention;

/// An operation of which a type reads the request and another writes the answer. [`Json`] makes an [`Operation`] of it.
pub trait JsonOperation {
    /// See [`Operation::name`].
    const NAME: &'static str;
    /// What it does, in a few words, for the description of the API.
    const SUMMARY: &'static str;
    /// See [`Operation::retention`].
    const RETENTION: Retention = Retention::Standard;
    /// See [`Operation::deadline_s`].
    const DEADLINE_S: Option<u64> = None;
    /// See [`Operation::repeat`].
    const REPEAT: Repeat = Repeat::SameId;
    /// See [`Operation::reads_fields`].
    const READS_FIELDS: bool = false;
    /// The path of the route at which what it makes can be read, ending in `{id}`; `None` if it cannot.
    const LOCATION: Option<&'static str> = None;
    /// The list in which what it makes can be found, for the description of the API.
    const LISTING: Option<Listing> = None;
    /// The request's body. `Validate` holds the rules that its type cannot say.
    type Input: DeserializeOwned + Validate<Context = ()> + JsonSchema;
    /// What a success is answered with.
    type Output: Serialize + JsonSchema;

    /// See [`Operation::execute`].
    fn execute(
        &self,
        input: Self::Input,
        execution: &Execution<'_>,
    ) -> impl Future<Output = Result<SavedResponse, OperationError>>;
}

/// The operation that a [`JsonOperation`] is.
#[derive(Debug)]
pub struct Json<O>(pub O);

impl<O: JsonOperation> Operation for Json<O> {
    fn name(&self) -> &str {
        O::NAME
    }

    fn retention(&self) -> Retention {
        O::RETENTION
    }

    fn deadline_s(&self) -> Option<u64> {
        O::DEADLINE_S
    }

    fn repeat(&self) -> Repeat {
        O::REPEAT
    }

    fn takes_json(&self) -> bool {
        true
    }

    fn reads_fields(&self) -> bool {
        O::READS_FIELDS
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        let fingerprint = fingerprint_of_json(request).map_err(Refusal::MalformedJson)?;
        input::parse::<O::Input>(&request.body).map_err(Refusal::Invalid)?;
        Ok(fingerprint)
    }

    fn execute<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>> {
        Box::pin(async move {
            let input = input::parse(&execution.request.body)
                .map_err(|errors| OperationError::Input(format!("{errors:?}")))?;
            self.0.execute(input, execution).await
        })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn shape(&self) -> Shape {
        Shape {
            summary: O::SUMMARY,
            input: named::<O::Input>,
            output: named::<O::Output>,
            location: O::LOCATION,
            listing: O::LISTING,
        }
    }
}

/// A 201 with `output`, which has this id, as its JSON body.
pub fn created<O: JsonOperation>(
    id: &str,
    output: &O::Output,
) -> Result<SavedResponse, OperationError> {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(O::LOCATION.map(|path| ("location".to_owned(), path.replace("{id}", id))));
    Ok(SavedResponse {
        status: 201,
        headers,
        body: serde_json::to_vec(output)?,
    })
}

/// A refusal by the operation itself, as a problem (RFC 9457): it is an answer like any other, which is kept and replayed.
/// Not with 409, 429 or 503, after which clients send the request again.
#[must_use]
pub fn refused(status: u16, title: &str, detail: &str) -> SavedResponse {
    let problem =
        json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    SavedResponse {
        status,
        headers: vec![(
            "content-type".to_owned(),
            "application/problem+json".to_owned(),
        )],
        body: problem.to_string().into_bytes(),
    }
}
