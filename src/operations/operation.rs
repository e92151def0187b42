//! What an operation is, and what it is given.

use futures_util::future::LocalBoxFuture;
use garde::Validate;
use idempotency_core::{
    Origin,
    lifecycle::{OperationId, Repeat, SavedResponse, UnixMillis},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use worker::Env;

#[cfg(not(target_arch = "wasm32"))]
use super::shape::{Shape, named};
use super::{FieldError, Retention, input};

/// Something that may be asked for many times and takes effect once.
pub trait Operation {
    /// Its name in records, logs and the look-up of a key.
    const NAME: &'static str;
    /// What it does, in a few words, for the description of the API.
    const SUMMARY: &'static str;
    /// How long its answers are kept.
    const RETENTION: Retention;
    /// Whether an attempt may be repeated of which nobody knows whether it took effect. `SameId`: every effect is unique
    /// on the operation id. `Never`: it is not, and what may have been sent is not sent again.
    const REPEAT: Repeat = Repeat::SameId;
    /// The path of the table under which what it makes can be read, ending in `{id}`; `None` if it cannot.
    const LOCATION: Option<&'static str>;
    /// The request's payload. `Validate` holds the rules that its type cannot say.
    type Input: DeserializeOwned + Validate<Context = ()> + JsonSchema;
    /// What a success is answered with.
    type Output: Serialize + JsonSchema;

    /// Takes effect and answers. Unless `REPEAT` is `Never`, it may be called again with the same
    /// `execution.operation_id`, also while an earlier call still runs: then it must find that call's effect and give
    /// the same answer.
    fn execute(
        input: Self::Input,
        execution: &Execution<'_>,
    ) -> impl Future<Output = Result<SavedResponse, OperationError>>;
}

/// What an attempt knows besides its input.
pub struct Execution<'a> {
    /// The same at every attempt; every effect must be unique on it.
    pub operation_id: &'a OperationId,
    /// The key as answers show it: a UUID in lower case.
    pub idempotency_key: &'a str,
    /// The caller's scope. Whatever is stored belongs to it.
    pub caller: &'a str,
    /// Where this attempt's request came from.
    pub origin: &'a Origin,
    /// When this attempt started.
    pub now: UnixMillis,
    /// The bindings, for the database and whatever else the operation needs.
    pub env: &'a Env,
}

/// An attempt that ended without an answer. The next request with the key starts another; of an operation that must not
/// be repeated only if nothing was sent, whatever the error.
#[derive(Debug, Error)]
pub enum OperationError {
    /// The database did not do what it was asked.
    #[error("the database failed: {0}")]
    Database(#[from] worker::Error),
    /// What is stored or answered cannot be written or read as JSON.
    #[error("not to be written or read as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The payload was accepted before, and is not now.
    #[error("the payload is not what was validated: {0}")]
    Input(String),
    /// Nothing was sent that could take effect.
    #[error("nothing was sent: {0}")]
    NotSent(String),
    /// Something was sent, and whether it took effect is not known.
    #[error("it is not known whether it took effect: {0}")]
    Ambiguous(String),
}

impl OperationError {
    /// Whether it is certain that nothing took effect. An error of the platform proves nothing: it is the same for a
    /// request that was lost and for an answer that was.
    #[must_use]
    pub const fn had_no_effect(&self) -> bool {
        match self {
            Self::Input(_) | Self::NotSent(_) => true,
            Self::Database(_) | Self::Json(_) | Self::Ambiguous(_) => false,
        }
    }
}

/// A 201 with `output`, which has this id, as its JSON content.
pub fn created<O: Operation>(
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

/// A function that executes an operation on a payload.
pub type ExecuteFn = for<'a> fn(
    payload: &'a [u8],
    execution: &'a Execution<'a>,
) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>>;

/// An operation as the table of routes holds it: its input type is inside its two functions.
#[derive(Debug)]
pub struct KeyedOperation {
    /// `Operation::NAME`
    pub name: &'static str,
    /// `Operation::RETENTION`
    pub retention: Retention,
    /// `Operation::REPEAT`
    pub repeat: Repeat,
    /// Whether a payload is acceptable, and if not, everything that is wrong with it.
    pub validate: fn(payload: &[u8]) -> Result<(), Vec<FieldError>>,
    /// `Operation::execute` on a payload that `validate` accepted.
    pub execute: ExecuteFn,
    /// What the description of the API shows; the Worker does not carry it.
    #[cfg(not(target_arch = "wasm32"))]
    pub shape: Shape,
}

impl KeyedOperation {
    /// The table's form of `O`.
    #[must_use]
    pub const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            retention: O::RETENTION,
            repeat: O::REPEAT,
            validate: |payload| input::parse::<O::Input>(payload).map(drop),
            execute: |payload, execution| {
                Box::pin(async move {
                    let input = input::parse(payload)
                        .map_err(|errors| OperationError::Input(format!("{errors:?}")))?;
                    O::execute(input, execution).await
                })
            },
            #[cfg(not(target_arch = "wasm32"))]
            shape: Shape {
                name: O::NAME,
                summary: O::SUMMARY,
                input: named::<O::Input>,
                output: named::<O::Output>,
                location: O::LOCATION,
            },
        }
    }
}
