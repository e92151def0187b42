//! A small service for tests.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use idempotency_core::{
    Request,
    lifecycle::{Fingerprint, SavedResponse},
};

use crate::{
    http::Router,
    operation::{
        Execution, Operation, OperationError, Operations, Ordered, Read, ReadError, Readable,
        Reading, Refusal, Route, fingerprint,
    },
};

/// An operation that does nothing, and has clients that want 503 if its name is one of events.
struct Note(&'static str);

impl Operation for Note {
    fn name(&self) -> &str {
        self.0
    }

    fn in_progress_status(&self) -> u16 {
        if self.0.ends_with("_event") { 503 } else { 409 }
    }

    fn ambiguous_status(&self) -> u16 {
        self.in_progress_status()
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        Ok(fingerprint(request, &request.body))
    }

    fn execute<'a>(
        &'a self,
        _: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>> {
        Box::pin(async { Err(OperationError::NotSent(String::new())) })
    }
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct ReadNote;

impl Readable for ReadNote {
    const NAME: &'static str = "read_note";
    const SUMMARY: &'static str = "Read a note";
    type Query = ();

    async fn read(_: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        Ok(None)
    }
}

/// A route to an operation of this name.
pub fn note(method: &'static str, path: &'static str, name: &'static str) -> Route {
    Route::keyed(method, path, Note(name))
}

/// The operations at these routes.
pub fn operations(routes: Vec<Route>) -> Operations {
    Operations::new("notes", "1.0.0", routes, Ordered::default()).unwrap()
}

/// A router of a few routes.
pub fn router() -> Router {
    let routes = vec![
        note("POST", "/notes", "create_note"),
        Route::get("/notes/{id}", Read::of::<ReadNote>()),
        note("PUT", "/notes/{id}", "replace_note"),
        note("POST", "/events", "receive_event"),
        Route::get("/files/{*rest}", Read::of::<ReadNote>()),
    ];
    Router::new(Rc::new(operations(routes))).unwrap()
}
