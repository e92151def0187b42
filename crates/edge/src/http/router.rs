//! Where a request goes, by its method and path alone.

use std::{collections::BTreeMap, rc::Rc};

use idempotency_core::Variables;
use matchit::{InsertError, Params};
use percent_encoding::percent_decode_str;

use super::{
    own_routes::{OWN_ROUTES, OwnRoute, Page},
    problem::Problem,
};
use crate::operation::{Endpoint, Keyed, Operations, Passage, Read, RouteError};

/// Knows every route of a service: those of its operations, and its own.
pub struct Router {
    /// The operations.
    pub operations: Rc<Operations>,
    paths: matchit::Router<Vec<MethodRoute>>,
}

/// A method at a path, and where in which table its route is.
struct MethodRoute {
    method: &'static str,
    route: Table,
}

enum Table {
    /// The index in `Operations::routes`.
    Operations(usize),
    Own(&'static OwnRoute),
}

/// Where a request goes.
#[derive(Debug)]
pub enum Target<'a> {
    /// An operation that takes effect once per key.
    Keyed(&'a Keyed),
    /// What operations have made.
    Read(&'a Read),
    /// Another server, for a request that is not this service's own.
    Passage(&'a dyn Passage),
    /// The service's own.
    Page(Page),
    /// The question which methods the path accepts: these.
    Options(String),
}

impl Router {
    /// Knows the routes of `operations`.
    pub fn new(operations: Rc<Operations>) -> Result<Self, RouteError> {
        let routes = operations.routes.iter().enumerate();
        let routes = routes.map(|(at, route)| (&*route.path, route.method, Table::Operations(at)));
        // The pages that an API has itself, a service in front of it leaves to it.
        let is_in_front = operations.ordered.fallback.is_some();
        let own = OWN_ROUTES
            .iter()
            .filter(|route| !is_in_front || route.page.is_about_keys())
            .map(|route| (route.path, route.method, Table::Own(route)));
        let mut by_path: BTreeMap<&str, Vec<MethodRoute>> = BTreeMap::new();
        for (path, method, route) in routes.chain(own) {
            let places = by_path.entry(path).or_default();
            if places.iter().any(|other| other.method == method) {
                let path = path.to_owned();
                return Err(RouteError::SameRoute { method, path });
            }
            places.push(MethodRoute { method, route });
        }
        let mut paths = matchit::Router::new();
        for (path, places) in by_path {
            paths
                .insert(path, places)
                .map_err(|error| unroutable(path, &error))?;
        }
        Ok(Self { operations, paths })
    }

    /// Finds what is asked for, and what stands in the place of the path's variables.
    pub fn route(
        &self,
        method: &str,
        path: &str,
        host: &str,
    ) -> Result<(Target<'_>, Variables), Problem> {
        let own = self.own(method, path);
        if own.is_ok() {
            return own;
        }
        let ordered = &self.operations.ordered;
        if let Some((keyed, variables)) = ordered.find(method, host, path) {
            return Ok((Target::Keyed(keyed), variables));
        }
        match &ordered.fallback {
            Some(passage) => Ok((Target::Passage(&**passage), Variables::default())),
            None => own,
        }
    }

    fn own(&self, method: &str, path: &str) -> Result<(Target<'_>, Variables), Problem> {
        let found = self.paths.at(path).map_err(|_| no_such_path())?;
        let variables = decoded(&found.params).ok_or_else(no_such_path)?;
        let asked = if method == "HEAD" { "GET" } else { method };
        let place = found.value.iter().find(|place| place.method == asked);
        let target = match place.map(|place| &place.route) {
            Some(Table::Operations(at)) => self.of_operations(*at).ok_or_else(no_such_path)?,
            Some(Table::Own(route)) => Target::Page(route.page),
            None if method == "OPTIONS" => Target::Options(allow(found.value)),
            None => return Err(Problem::method_not_allowed(&allow(found.value))),
        };
        Ok((target, variables))
    }

    fn of_operations(&self, at: usize) -> Option<Target<'_>> {
        let route = self.operations.routes.get(at)?;
        Some(match &route.endpoint {
            Endpoint::Keyed(keyed) => Target::Keyed(keyed),
            Endpoint::Read(read) => Target::Read(read),
        })
    }

    /// Every method that pages of other origins may use, OPTIONS aside.
    #[must_use]
    pub fn methods(&self) -> String {
        let mut methods = vec!["GET", "HEAD", "POST"];
        for route in &self.operations.routes {
            if !methods.contains(&route.method) {
                methods.push(route.method);
            }
        }
        methods.join(", ")
    }
}

fn unroutable(path: &str, error: &InsertError) -> RouteError {
    RouteError::Path {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// The field `Allow` of a path. HEAD is GET without the body (RFC 9110, section 9.3.2).
fn allow(places: &[MethodRoute]) -> String {
    places.iter().fold(String::new(), |list, place| {
        let more = if place.method == "GET" {
            "GET, HEAD"
        } else {
            place.method
        };
        format!("{list}{more}, ")
    }) + "OPTIONS"
}

/// Nothing, if a value is not UTF-8 once it is decoded.
fn decoded(params: &Params<'_, '_>) -> Option<Variables> {
    let decoded = params.iter().map(|(name, value)| {
        let value = percent_decode_str(value).decode_utf8().ok()?;
        Some((name.to_owned(), value.into_owned()))
    });
    decoded.collect::<Option<_>>().map(Variables)
}

/// Nothing is at the path that is asked for.
pub fn no_such_path() -> Problem {
    Problem::not_found(
        "There is no such path. Its case matters, and so does a slash at its end. /docs shows all paths, unless this \
         Worker has no static files.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        any_service::{operations, router},
        problem_type::ProblemType,
    };

    fn variables(method: &str, path: &str) -> Variables {
        router().route(method, path, "").unwrap().1
    }

    #[test]
    fn a_path_leads_to_its_target() {
        let router = router();
        let target = |method, path| router.route(method, path, "").unwrap().0;
        assert!(matches!(
            target("POST", "/notes"),
            Target::Keyed(keyed) if keyed.operation.name() == "create_note"
        ));
        assert!(matches!(target("GET", "/notes/7"), Target::Read(_)));
        assert!(matches!(
            target("PUT", "/notes/7"),
            Target::Keyed(keyed) if keyed.operation.name() == "replace_note"
        ));
        assert!(matches!(
            target("HEAD", "/api/v1/operations/idempotency/k"),
            Target::Page(Page::KeyStatus)
        ));
        assert!(matches!(
            target("POST", "/api/v1/operations/idempotency/k/resolution"),
            Target::Page(Page::Resolution)
        ));
    }

    #[test]
    fn variables_are_decoded_once() {
        let named = |name: &str, value: &str| Variables(vec![(name.to_owned(), value.to_owned())]);
        let idempotency = "/api/v1/operations/idempotency";
        for (encoded, key) in [
            ("a%2Fb", "a/b"),
            ("%2525", "%25"),
            ("a+b", "a+b"),
            ("%C3%A9", "é"),
        ] {
            assert_eq!(
                variables("GET", &format!("{idempotency}/{encoded}")),
                named("key", key)
            );
        }
        assert_eq!(
            variables("POST", &format!("{idempotency}/a%2Fb/resolution")),
            named("key", "a/b")
        );
        assert_eq!(variables("GET", "/files/a/b%20c"), named("rest", "a/b c"));
        let not_utf_8 = router().route("GET", "/notes/%ff", "").unwrap_err().kind();
        assert_eq!(not_utf_8, ProblemType::NotFound);
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        for (method, path, methods) in [
            ("GET", "/notes", "POST, OPTIONS"),
            ("POST", "/notes/7", "GET, HEAD, PUT, OPTIONS"),
            (
                "POST",
                "/api/v1/operations/idempotency/k",
                "GET, HEAD, OPTIONS",
            ),
            (
                "GET",
                "/api/v1/operations/idempotency/k/resolution",
                "POST, OPTIONS",
            ),
            ("DELETE", "/health", "GET, HEAD, OPTIONS"),
            ("POST", "/", "GET, HEAD, OPTIONS"),
        ] {
            let router = router();
            let refused = router.route(method, path, "").unwrap_err();
            assert_eq!(refused, Problem::method_not_allowed(methods));
            let (target, _) = router.route("OPTIONS", path, "").unwrap();
            assert!(matches!(target, Target::Options(allow) if allow == methods));
        }
        assert_eq!(router().methods(), "GET, HEAD, POST, PUT");
    }

    #[test]
    fn what_is_almost_a_path_is_none() {
        for path in [
            "//",
            "/docs/",
            "/notes/",
            "/notes/7/8",
            "/notes7",
            "/api/v1/operations/idempotency//resolution",
            "/api/v1/operations/idempotency/resolution/",
            "/api/v1/operations/idempotency/k/l/resolution",
            "/api/v1/operations/idempotency/k/resolution/",
            "/files/",
            "/HEALTH",
        ] {
            assert_eq!(
                router().route("GET", path, "").unwrap_err().kind(),
                ProblemType::NotFound,
                "{path}"
            );
        }
    }

    #[test]
    fn an_operation_has_a_method_that_may_have_an_effect() {
        use crate::operation::Ordered;
        for method in ["GET", "HEAD", "OPTIONS", "post", ""] {
            let routes = vec![crate::any_service::note(method, "/notes", "a")];
            let error = Operations::new("notes", "1.0.0", routes, Ordered::default()).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("the operation a has the method")
            );
        }
    }

    #[test]
    fn routes_that_cannot_be_told_apart_are_refused_by_name() {
        use crate::any_service::note;
        let twice = |path: &'static str| {
            let routes = vec![note("POST", "/notes/{id}", "a"), note("POST", path, "b")];
            Router::new(Rc::new(operations(routes)))
                .err()
                .unwrap()
                .to_string()
        };

        assert_eq!(
            twice("/notes/{id}"),
            "two routes have the method POST and the path /notes/{id}"
        );
        assert!(twice("/notes/{other}").starts_with("the path /notes/{other} cannot be routed"));
        assert!(twice("/health/{").starts_with("the path /health/{ cannot be routed"));
        let own = vec![note(
            "POST",
            "/api/v1/operations/idempotency/{key}/resolution",
            "c",
        )];
        assert!(Router::new(Rc::new(operations(own))).is_err());
    }
}
