//! Stop 5 of the walk: what is made idempotent.
//!
//! An operation is one file: an input type with its validation, an output type, and an async function that
//! gets the operation's id and has its effect. Its routes are lines in `routes::ROUTES`; nothing else knows it.
//!
//! Invariant: everything an operation writes is unique on the operation's id, and writing it again finds
//! what is there. An attempt may be repeated at any time, by a crash or a retry. Of an operation that cannot say so, no
//! attempt is repeated that may have taken effect.

mod routes;
mod operation;
mod query;
mod read;
mod input;
mod members;
mod misfit;
mod field_error;
mod json_object;
mod database;
mod format;
#[cfg(not(target_arch = "wasm32"))]
mod shape;
mod resource;
mod transaction;
mod amount;
mod audit;
mod audit_logs;
mod timestamp;
#[cfg(test)]
mod any_input;

pub use crate::settings::Retention;
pub use field_error::FieldError;
pub use format::{example_key, moment, uuid_v4};
pub use input::parse as parse_input;
pub use json_object::JsonObject;
pub use operation::{Execution, KeyedOperation, Operation, OperationError, created};
pub use query::{Query, parse_query};
pub use read::{Found, Read, ReadError, ReadFn, Readable, Reading};
pub use routes::{Endpoint, ROUTES, Route, find_operation};
#[cfg(not(target_arch = "wasm32"))]
pub use shape::{SchemaFn, Shape};
