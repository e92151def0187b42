//! Stop 1 of the walk: may this request enter, and as what? And the way out: answers, problems, CORS.
//!
//! The files stand in the order in which a request meets them: the way in, the service's own routes, the way out.
//!
//! Invariants:
//! - whatever comes in gets an answer, and every answer carries the correlation id;
//! - a request that is refused here has touched no key;
//! - nothing internal leaves: a problem's words are all in this folder.

mod serve;
mod exchange;
mod head;
mod cors;
mod router;
mod own_routes;
mod keyed;
mod sent;
mod unkeyed;
mod passed;
mod refuse;
mod rate;
mod auth;
mod admit;
mod key;
mod content;
mod mistakes;
mod prefer;
mod key_status;
mod resolution;
mod operators;
mod pages;
mod home;
mod example;
mod asset;
mod answer;
mod answer_field;
mod problem;
mod problems;
mod key_problems;
mod proxy_status;
mod send;
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
