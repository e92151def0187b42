//! Whether a request comes from whom its route is for, where its signature says so and no credential.

use std::fmt;

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use worker::Env;

/// How the senders of a route's requests are known.
pub trait Verification: fmt::Debug {
    /// Checks the signature of `request`, before anything else is known of its key.
    fn verify<'a>(
        &'a self,
        request: &'a Request,
        env: &'a Env,
    ) -> LocalBoxFuture<'a, Result<(), NotVerified>>;

    /// Whether a verified request needs no key: it only asks whether somebody is there.
    fn is_handshake(&self, request: &Request) -> bool;
}

/// Why a request is not verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotVerified {
    /// Its signature is missing, too old or wrong. The text says which, and nothing of what would be right.
    Wrong(String),
    /// No signature can be checked. The text says what is missing.
    Unconfigured(String),
}
