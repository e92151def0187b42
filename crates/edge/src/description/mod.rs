//! The description of the API, in `OpenAPI` 3.1: `assets/openapi.json` as a value.
//!
//! It is no stop of the walk and no part of the Worker. It is made on the host, from the tables that route requests,
//! the types that read and write their content and the catalogue of problems; `src/description.rs` writes the file
//! and fails while it differs. What cannot be read off these, such as which problem a route can run into, is in the
//! tables of this folder, and the tests against the running Worker hold it to them. The files stand in the order in which
//! the document is put together.

mod document;
mod servers;
mod entry;
mod operation;
mod parameters;
mod keys;
mod successes;
mod refusals;
mod problems;
mod fields;
mod schemas;

pub use document::document;
pub use entry::{Entry, entries};
