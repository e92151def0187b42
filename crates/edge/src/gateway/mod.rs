//! Beside stop 5 of the walk: operations that are requests to other APIs, by a policy.

mod status;
mod policy;
mod target;
mod fields;
mod policy_error;
mod base;
mod check;
mod upstream;
mod forward;
mod routes;
mod outline;

pub use outline::outline;
#[cfg(not(target_arch = "wasm32"))]
pub use policy::schema;
pub use policy_error::PolicyError;
pub use routes::routes;
