//! What can be read of what operations have made. It needs no key and is never stored.

use futures_util::future::LocalBoxFuture;
use idempotency_core::Variables;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use worker::Env;

#[cfg(not(target_arch = "wasm32"))]
use super::shape::{Shape, named};
use super::{FieldError, OperationError, Query, parse_query};
use crate::{
    store::{List, Page, Table, ask},
    tasks::within,
};

/// How long the database has to answer, in milliseconds. Far longer than it needs: one that takes as long has more to
/// do than it can, and whoever asks can ask again.
const DEADLINE_MS: u64 = 10_000;

/// What operations have made and their caller may read.
pub trait Readable: Serialize + JsonSchema + Sized {
    /// The reading's name, in the description of the API.
    const NAME: &'static str;
    /// What it does, in a few words.
    const SUMMARY: &'static str;
    /// The parameters of its query; `()` if it has none.
    type Query: Query + JsonSchema;

    /// Reads it; nothing, if there is nothing of this caller.
    fn read(
        reading: &Reading<'_>,
        query: Self::Query,
    ) -> impl Future<Output = Result<Option<Self>, ReadError>>;

    /// The query that reads what comes after it, if it is a page of something longer.
    fn next(&self) -> Option<String> {
        None
    }
}

/// What a reading knows.
pub struct Reading<'a> {
    /// The caller's scope; nothing of another may be found.
    pub scope: &'a str,
    /// What stands in the place of the route's variables.
    pub variables: &'a Variables,
    /// The query, without its question mark.
    pub query: &'a str,
    /// The bindings.
    pub env: &'a Env,
}

impl Reading<'_> {
    /// The caller's row in `table` whose column of the kind [`Id`](crate::store::Kind::Id) is `id`.
    pub async fn find<T: DeserializeOwned, const N: usize>(
        &self,
        table: &Table<N>,
        id: &str,
    ) -> Result<Option<T>, OperationError> {
        let values = vec![self.scope.into(), id.into()];
        let json = ask(self.env, "find", table.declared(), values).await?;
        Ok(serde_json::from_slice(json.as_bytes())?)
    }

    /// The caller's rows in `table` that `list` asks for, in its order.
    pub async fn list<T: DeserializeOwned, const N: usize>(
        &self,
        table: &Table<N>,
        list: &List<'_>,
    ) -> Result<Page<T>, OperationError> {
        let json = ask(self.env, "list", table.declared(), list.values(self.scope)).await?;
        Ok(serde_json::from_slice(json.as_bytes())?)
    }
}

/// What was read, as it is answered.
pub struct WrittenPage {
    /// As JSON.
    pub json: Vec<u8>,
    /// `Readable::next`
    pub next: Option<String>,
}

/// A function that reads. It finds nothing if there is nothing of this caller.
pub type ReadFn =
    for<'a> fn(&'a Reading<'a>) -> LocalBoxFuture<'a, Result<Option<WrittenPage>, ReadError>>;

/// A reading as a route holds it.
#[derive(Debug)]
pub struct Read {
    /// `Readable::read`, written as JSON.
    pub read: ReadFn,
    /// `Readable::NAME`
    #[cfg(not(target_arch = "wasm32"))]
    pub name: &'static str,
    /// What the description of the API shows; the Worker does not carry it.
    #[cfg(not(target_arch = "wasm32"))]
    pub shape: Shape,
}

impl Read {
    /// The reading of `R`.
    #[must_use]
    pub const fn of<R: Readable>() -> Self {
        Self {
            read: |reading| {
                Box::pin(async move {
                    let query = parse_query(reading.query).map_err(ReadError::Invalid)?;
                    let found = within(DEADLINE_MS, R::read(reading, query)).await;
                    let Some(found) = found.unwrap_or(Err(ReadError::Deadline))? else {
                        return Ok(None);
                    };
                    Ok(Some(WrittenPage {
                        json: serde_json::to_vec(&found).map_err(OperationError::from)?,
                        next: found.next(),
                    }))
                })
            },
            #[cfg(not(target_arch = "wasm32"))]
            name: R::NAME,
            #[cfg(not(target_arch = "wasm32"))]
            shape: Shape {
                summary: R::SUMMARY,
                input: |_| schemars::schema_for!(R::Query),
                output: named::<R>,
                location: None,
                listing: None,
            },
        }
    }
}

/// A reading that found no answer.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The query asks for what cannot be.
    #[error("the query is not acceptable")]
    Invalid(Vec<FieldError>),
    /// The database did not answer, or not what was written into it.
    #[error(transparent)]
    Failed(#[from] OperationError),
    /// The database took too long.
    #[error("the database did not answer within {DEADLINE_MS} ms")]
    Deadline,
}
