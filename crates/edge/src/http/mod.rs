//! Stop 1 of the walk: may this request enter, and as what? And the way out: answers, problems, CORS.
//!
//! Invariants:
//! - whatever comes in gets an answer, and every answer carries the correlation id;
//! - a request that is refused here has touched no key;
//! - nothing internal leaves: a problem's words are all in this folder.

mod serve;
mod head;
mod exchange;
mod cors;
mod own_routes;
mod router;
mod auth;
mod rate;
mod key;
mod mistakes;
mod content;
mod prefer;
mod admit;
mod keyed;
mod unkeyed;
mod operators;
mod resolution;
mod key_status;
mod answer;
mod answer_field;
mod send;
mod problem;
mod key_problems;
mod problems;
mod pages;
mod home;
mod example;
mod asset;
#[cfg(test)]
mod any_value;

pub use own_routes::{OWN_ROUTES, OwnRoute, Page};
pub use router::Router;
pub use serve::{interrupted, serve};

/// What the description of the API reads.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod described {
    pub use super::{
        answer_field::AnswerField,
        example::Example,
        head::RequestField,
        key::KeyField,
        key_status::{KeyQuery, KeyStatus},
        mistakes::{about_content_type, about_key},
        operators::View,
        pages::Health,
        problem::{Problem, ProblemDetails},
        resolution::ResolutionInput,
    };
}
