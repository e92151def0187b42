//! Who is calling, and may they? The `Authorization` field, from its text to a caller.
//!
//! Invariants:
//! - where nothing is configured, nobody gets in;
//! - a token decides neither which algorithm it is checked with nor where the keys come from;
//! - nothing of a token goes any further but the digest that names its caller.

mod authenticate;
mod bearer;
mod jwt;
mod keys;
mod remembered;
mod jwks;
mod signature;
mod caller;
#[cfg(test)]
mod any_token;

pub use authenticate::{authenticate, authenticate_page, is_own_token};
pub use caller::Caller;
