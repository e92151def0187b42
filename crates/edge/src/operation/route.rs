//! A route: a method and a path, and what is there.

use std::{borrow::Cow, fmt, rc::Rc};

use idempotency_core::KeyForm;

use super::{CallerSource, KeySource, Operation, Passage, Read, Verification};

/// A method and a path, and what is there.
#[derive(Debug)]
pub struct Route {
    /// The method, in capitals. A GET answers HEAD too (RFC 9110, section 9.3.2), and every path answers OPTIONS.
    pub method: &'static str,
    /// The path. `{name}` stands for the rest of a segment, `{*name}` at its end for any number of segments.
    pub path: Cow<'static, str>,
    /// What is there.
    pub endpoint: Endpoint,
}

/// What a route does.
#[derive(Debug)]
pub enum Endpoint {
    /// Takes effect once per idempotency key.
    Keyed(Keyed),
    /// Reads what operations have made.
    Read(Read),
}

/// An operation, and the keys that its route accepts.
pub struct Keyed {
    /// The operation.
    pub operation: Box<dyn Operation>,
    /// Whose keys they are.
    pub caller: CallerSource,
    /// How its senders are known, if by their signatures.
    pub verification: Option<Rc<dyn Verification>>,
    /// Its keys.
    pub key: KeyRule,
    /// Where a request without a key goes, if its operation is not to run.
    pub passage: Option<Rc<dyn Passage>>,
    /// A body to try it with, for the commands that the service shows.
    pub example: Option<&'static str>,
}

/// Which keys a route accepts, and whether it requires one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRule {
    /// Their form.
    pub form: KeyForm,
    /// Whether a request without a key is refused. If not, its operation runs as often as it is sent.
    pub is_required: bool,
    /// Where else they are than in `Idempotency-Key` and `X-Idempotency-Key`: the first place that has something has the
    /// key.
    pub from: Option<Vec<KeySource>>,
}

impl Route {
    /// Takes effect on POST, once per key: a UUID of version 4, which is required.
    pub fn post(path: impl Into<Cow<'static, str>>, operation: impl Operation + 'static) -> Self {
        Self::keyed("POST", path, operation)
    }

    /// The same for another method, such as PUT, PATCH or DELETE.
    pub fn keyed(
        method: &'static str,
        path: impl Into<Cow<'static, str>>,
        operation: impl Operation + 'static,
    ) -> Self {
        let key = KeyRule {
            form: KeyForm::Uuid4,
            is_required: true,
            from: None,
        };
        Self {
            method,
            path: path.into(),
            endpoint: Endpoint::Keyed(Keyed {
                operation: Box::new(operation),
                caller: CallerSource::Authenticated,
                verification: None,
                key,
                passage: None,
                example: None,
            }),
        }
    }

    /// Reads on GET.
    pub fn get(path: impl Into<Cow<'static, str>>, read: Read) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            endpoint: Endpoint::Read(read),
        }
    }

    /// The same route with keys of this form.
    #[must_use]
    pub fn key_form(self, form: KeyForm) -> Self {
        self.with(|keyed| keyed.key.form = form)
    }

    /// The same route, which does not require a key: a request without one runs plainly.
    #[must_use]
    pub fn optional_key(self) -> Self {
        self.with(|keyed| keyed.key.is_required = false)
    }

    /// The same route with a body to try it with.
    #[must_use]
    pub fn example(self, body: &'static str) -> Self {
        self.with(|keyed| keyed.example = Some(body))
    }

    fn with(mut self, change: impl FnOnce(&mut Keyed)) -> Self {
        if let Endpoint::Keyed(keyed) = &mut self.endpoint {
            change(keyed);
        }
        self
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("operation", &self.operation.name())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
