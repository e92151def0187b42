//! Every route that is described: the operations' and the service's own.

use idempotency_core::KeyForm;
use schemars::{Schema, SchemaGenerator, schema_for};
use serde_json::{Map, Value};

use crate::{
    http::{
        OWN_ROUTES, OwnRoute, Page,
        described::{KeyQuery, View},
    },
    operation::{Endpoint, Keyed, Operation, Operations, Read, Shape},
};

/// One path and method.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The method, in capitals. HEAD and OPTIONS go without saying.
    pub method: &'static str,
    /// The path, with its variable in braces if it has one.
    pub path: &'a str,
    /// What is there.
    pub what: What<'a>,
}

/// What is at a path.
#[derive(Debug)]
pub enum What<'a> {
    /// Takes effect once per key.
    Keyed(&'a Keyed, Box<Shape>),
    /// Reads what operations have made.
    Read(&'a Read),
    /// The service's own.
    Own(&'static OwnRoute),
}

/// All of them, in the order of the service's routes.
pub fn entries(operations: &Operations) -> impl Iterator<Item = Entry<'_>> {
    let routes = operations.routes.iter().map(|route| Entry {
        method: route.method,
        path: &route.path,
        what: match &route.endpoint {
            Endpoint::Keyed(keyed) => What::Keyed(keyed, Box::new(keyed.operation.shape())),
            Endpoint::Read(read) => What::Read(read),
        },
    });
    let own = OWN_ROUTES.iter().map(|route| Entry {
        method: route.method,
        path: route.path,
        what: What::Own(route),
    });
    routes.chain(own)
}

impl Entry<'_> {
    /// The name that no other has.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.what {
            What::Keyed(keyed, _) => keyed.operation.name(),
            What::Read(read) => read.name,
            What::Own(route) => route.name,
        }
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        match &self.what {
            What::Keyed(_, shape) => shape.summary,
            What::Read(read) => read.shape.summary,
            What::Own(route) => route.summary,
        }
    }

    /// The group it is shown in: one of `document::TAGS`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        match &self.what {
            What::Keyed(..) | What::Read(_) => "Operations",
            What::Own(OwnRoute {
                page: Page::KeyStatus | Page::Resolution | Page::Example,
                ..
            }) => "Keys",
            What::Own(_) if self.is_for_operators() => "Operators",
            What::Own(_) => "Service",
        }
    }

    /// The form of the keys that it takes.
    #[must_use]
    pub const fn key_form(&self) -> KeyForm {
        match &self.what {
            What::Keyed(keyed, _) => keyed.key.form,
            What::Read(_) | What::Own(_) => KeyForm::Uuid4,
        }
    }

    /// The status of a request whose key's first one still runs.
    #[must_use]
    pub fn in_progress_status(&self) -> u16 {
        self.operation().map_or(409, Operation::in_progress_status)
    }

    /// The status of a request after an attempt of unknown outcome.
    #[must_use]
    pub fn ambiguous_status(&self) -> u16 {
        self.operation().map_or(409, Operation::ambiguous_status)
    }

    fn operation(&self) -> Option<&dyn Operation> {
        match &self.what {
            What::Keyed(keyed, _) => Some(&*keyed.operation),
            What::Read(_) | What::Own(_) => None,
        }
    }

    /// Whether it takes effect once per key.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        matches!(self.what, What::Keyed(..))
    }

    /// Whether a caller has to say who it is.
    #[must_use]
    pub fn is_for_callers(&self) -> bool {
        self.path.starts_with("/api/") || self.is_for_operators()
    }

    /// Whether it takes the role operator.
    #[must_use]
    pub const fn is_for_operators(&self) -> bool {
        matches!(
            self.what,
            What::Own(OwnRoute {
                page: Page::Operators(_) | Page::OperatorsAsset(_),
                ..
            })
        )
    }

    /// Whether it takes content, and no key in the header.
    #[must_use]
    pub fn is_resolution(&self) -> bool {
        matches!(self.what, What::Own(route) if route.page == Page::Resolution)
    }

    /// Whether it is the page at `/`.
    #[must_use]
    pub fn is_home(&self) -> bool {
        matches!(self.what, What::Own(route) if route.page == Page::Home)
    }

    /// Whether it is a file of the page at `/`.
    #[must_use]
    pub fn is_start_asset(&self) -> bool {
        matches!(self.what, What::Own(route) if matches!(route.page, Page::StartAsset(_)))
    }

    /// Whether it opens a WebSocket.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.what, What::Own(route) if route.page == Page::Operators(View::Live))
    }

    /// The parameters of its query, with their schemas.
    #[must_use]
    pub fn query(&self) -> Map<String, Value> {
        let schema = match &self.what {
            What::Read(read) => (read.shape.input)(&mut SchemaGenerator::default()),
            What::Own(OwnRoute {
                page: Page::KeyStatus | Page::Resolution,
                ..
            }) => schema_for!(KeyQuery),
            What::Keyed(..) | What::Own(_) => Schema::default(),
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.cloned().unwrap_or_default()
    }

    /// The name of the path's variable.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        let (_, rest) = self.path.split_once('{')?;
        Some(rest.split_once('}')?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::any_service::router;

    #[test]
    fn a_path_takes_the_method_that_is_described_and_what_goes_without_saying() {
        let router = router();
        let entries: Vec<_> = entries(&router.operations).collect();
        let methods = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY",
        ];
        for entry in &entries {
            let at_path = |method| {
                let mut same = entries.iter().filter(|other| other.path == entry.path);
                same.any(|other| other.method == method)
            };
            for method in methods {
                let described =
                    at_path(method) || method == "OPTIONS" || (method == "HEAD" && at_path("GET"));
                let is_routed = router.route(method, entry.path, "").is_ok();
                assert_eq!(is_routed, described, "{method} {}", entry.path);
            }
        }
    }
}
