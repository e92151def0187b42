//! Every route that is described, of both tables.

use schemars::{Schema, SchemaGenerator, schema_for};
use serde_json::{Map, Value};

use crate::{
    http::{
        Page, SERVICE_ROUTES, ServiceRoute,
        described::{KeyQuery, View},
    },
    operations::{Endpoint, KeyedOperation, ROUTES, Read},
};

/// One path and method.
#[derive(Debug)]
pub struct Entry {
    /// The path, with its variable in braces if it has one.
    pub path: &'static str,
    /// What is there.
    pub what: What,
}

/// What is at a path.
#[derive(Debug)]
pub enum What {
    /// Takes effect once per key.
    Keyed(&'static KeyedOperation),
    /// Reads what operations have made.
    Read(&'static Read),
    /// The service's own.
    Service(&'static ServiceRoute),
}

/// All of them, in the order of the tables.
pub fn entries() -> impl Iterator<Item = Entry> {
    let operations = ROUTES.iter().map(|route| Entry {
        path: route.path,
        what: match &route.endpoint {
            Endpoint::Keyed(operation) => What::Keyed(operation),
            Endpoint::Read(read) => What::Read(read),
        },
    });
    let service = SERVICE_ROUTES.iter().map(|route| Entry {
        path: route.path,
        what: What::Service(route),
    });
    operations.chain(service)
}

impl Entry {
    /// The method, in capitals. HEAD and OPTIONS go without saying.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self.what {
            What::Keyed(_)
            | What::Service(ServiceRoute {
                page: Page::Resolution,
                ..
            }) => "POST",
            What::Read(_) | What::Service(_) => "GET",
        }
    }

    /// The name that no other has.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.what {
            What::Keyed(operation) => operation.shape.name,
            What::Read(read) => read.shape.name,
            What::Service(route) => route.name,
        }
    }

    /// What it does, in a few words.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        match self.what {
            What::Keyed(operation) => operation.shape.summary,
            What::Read(read) => read.shape.summary,
            What::Service(route) => route.summary,
        }
    }

    /// The group it is shown in: one of `document::TAGS`.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        match self.what {
            What::Keyed(_) | What::Read(_) => "Operations",
            What::Service(ServiceRoute {
                page: Page::KeyStatus | Page::Resolution | Page::Example,
                ..
            }) => "Keys",
            What::Service(_) if self.is_for_operators() => "Operators",
            What::Service(_) => "Service",
        }
    }

    /// Whether it takes effect once per key.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        matches!(self.what, What::Keyed(_))
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
            What::Service(ServiceRoute {
                page: Page::Operators(_) | Page::OperatorsAsset(_),
                ..
            })
        )
    }

    /// Whether it takes content, and no key in the header.
    #[must_use]
    pub fn is_resolution(&self) -> bool {
        matches!(self.what, What::Service(route) if route.page == Page::Resolution)
    }

    /// Whether it is the page at `/`.
    #[must_use]
    pub fn is_home(&self) -> bool {
        matches!(self.what, What::Service(route) if route.page == Page::Home)
    }

    /// Whether it opens a WebSocket.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.what, What::Service(route) if route.page == Page::Operators(View::Live))
    }

    /// The parameters of its query, with their schemas.
    #[must_use]
    pub fn query(&self) -> Map<String, Value> {
        let schema = match self.what {
            What::Read(read) => (read.shape.input)(&mut SchemaGenerator::default()),
            What::Service(ServiceRoute {
                page: Page::KeyStatus | Page::Resolution,
                ..
            }) => schema_for!(KeyQuery),
            What::Keyed(_) | What::Service(_) => Schema::default(),
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.cloned().unwrap_or_default()
    }

    /// The name of the path's variable.
    #[must_use]
    pub fn variable(&self) -> Option<&'static str> {
        let (_, rest) = self.path.split_once('{')?;
        Some(rest.split_once('}')?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::described::route;

    #[test]
    fn a_path_takes_the_method_that_is_described_and_what_goes_without_saying() {
        for entry in entries() {
            let path = entry.path.replace("{slug}", "not-found");
            for method in [
                "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY",
            ] {
                let described = method == entry.method()
                    || method == "OPTIONS"
                    || (method == "HEAD" && entry.method() == "GET");
                assert_eq!(route(method, &path).is_ok(), described, "{method} {path}");
            }
        }
    }

    #[test]
    fn no_two_routes_have_a_name_in_common() {
        let mut names: Vec<_> = entries().map(|entry| entry.name()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
