//! Stop 5 of the walk: what is made idempotent.
//!
//! An operation is a value. It says by which terms it runs, admits requests and takes effect. Most operations take JSON:
//! they are a type with [`JsonOperation`], wrapped in [`Json`]. A Worker names its operations in the routes of its
//! [`Service`](crate::Service).
//!
//! The files stand in the order in which a request meets them; what only the description reads comes last.
//!
//! Invariant: everything an operation writes is unique on the operation's id, and writing it again finds
//! what is there. An attempt may be repeated at any time, by a crash or a retry. Of an operation that cannot say so, no
//! attempt is repeated that may have taken effect.

mod operations;
mod ordered;
mod passage;
mod verification;
mod route;
mod source;
#[expect(
    clippy::module_inception,
    reason = "the trait gives the folder its name"
)]
mod operation;
mod streamed_body;
mod json;
mod input;
mod members;
mod misfit;
mod field_error;
mod json_object;
mod fingerprint;
mod read;
mod query;
mod listing;
#[cfg(not(target_arch = "wasm32"))]
mod shape;
pub mod format;

pub use field_error::FieldError;
pub use fingerprint::{fingerprint, fingerprint_of_json};
pub use format::example_key;
pub use input::parse as parse_input;
pub use json::{Json, JsonOperation, created, refused};
pub use json_object::JsonObject;
pub use listing::Listing;
pub use operation::{Execution, Operation, OperationError, ProbeTerms, Refusal};
pub use operations::{Operations, RouteError, terms_of};
pub use ordered::{Ordered, OrderedRoute};
pub use passage::{Passage, PassageError};
pub use query::{Query, parse_query};
pub use read::{Read, ReadError, Readable, Reading, WrittenPage};
pub use route::{Endpoint, KeyRule, Keyed, Route};
#[cfg(not(target_arch = "wasm32"))]
pub use shape::{SchemaFn, Shape};
pub use source::{CallerSource, KeySource, is_token};
pub use streamed_body::{StreamedBody, Streaming};
pub use verification::{NotVerified, Verification};
