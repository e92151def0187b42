//! Stop 1 of the walk: may this request enter, and as what? And the way out: answers, problems, CORS.
//!
//! Invariants:
//! - whatever comes in gets an answer, and every answer carries the correlation id;
//! - a request that is refused here has touched no key;
//! - nothing internal leaves: a problem's words are all in this folder.

mod serve;
mod exchange;
mod cors;
mod route;
mod auth;
mod rate;
mod key;
mod content;
mod parse;
mod json;
mod fingerprint;
mod prefer;
mod admit;
mod keyed;
mod key_status;
mod answer;
mod problem;
mod catalogue;
mod pages;
#[cfg(test)]
mod any_value;

pub use json::Json;
pub use serve::{interrupted, serve};
