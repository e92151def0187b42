//! Beside stop 5 of the walk: operations that are requests to other APIs, by a policy.

mod status;
mod ambiguous;
mod stated;
mod policy;
mod key_from;
mod target;
mod fields;
mod fingerprint;
mod policy_error;
mod base;
mod check;
mod variable;
mod webhook;
mod upstream;
mod probe;
mod forward;
mod routes;
mod outline;

pub use forward::VIA;
pub use outline::outline;
#[cfg(not(target_arch = "wasm32"))]
pub use policy::schema;
pub use policy_error::PolicyError;
pub use routes::routes;
