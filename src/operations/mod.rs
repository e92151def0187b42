//! Stop 5 of the walk: what is made idempotent.
//!
//! An operation is one file: an input type with its validation, and an async function that gets the
//! operation's id and has its effect. Its routes are lines in `routes::ROUTES`; nothing else knows it.
//!
//! Invariant: everything an operation writes is unique on the operation's id, and writing it again finds
//! what is there. An attempt may be repeated at any time, by a crash or a retry.

mod routes;
mod operation;
mod input;
mod database;
mod resource;
mod transaction;
mod audit;

pub use input::{FieldError, JsonObject};
pub use operation::{
    Execution, KeyedOperation, Operation, OperationError, Origin, ReadError, ReadFn, Reading,
    Retention, created,
};
pub use routes::{Endpoint, ROUTES, Route, find_operation};
