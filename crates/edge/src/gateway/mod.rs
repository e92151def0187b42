//! Beside stop 5 of the walk: operations that are requests to other APIs, by a policy.

mod status;
mod policy;
mod target;
mod fields;
mod check;
mod upstream;
mod forward;

pub use check::{PolicyError, read};
