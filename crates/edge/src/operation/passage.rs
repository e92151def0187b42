//! What passes to another server as it is, and comes back as it is.

use std::fmt;

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use thiserror::Error;
use worker::{Env, web_sys};

/// Where requests without a key go that are not this service's own.
pub trait Passage: fmt::Debug {
    /// Passes `request` on, whose body is in it or, if it has not been read, in `unread`.
    fn pass<'a>(
        &'a self,
        request: &'a Request,
        unread: Option<&'a web_sys::Request>,
        address: Option<&'a str>,
        env: &'a Env,
    ) -> LocalBoxFuture<'a, Result<web_sys::Response, PassageError>>;
}

/// A request that did not pass.
#[derive(Debug, Error)]
pub enum PassageError {
    /// It was not sent. The text says what is wrong with it.
    #[error("{0}")]
    NotSent(String),
    /// It was not sent, because of how the service is set up.
    #[error("{0}")]
    Unconfigured(String),
    /// The server did not answer.
    #[error("the upstream did not answer: {0}")]
    Unanswered(#[from] worker::Error),
}
