//! Where a request goes, by its method and path alone.

use super::{
    catalogue::{CATALOGUE, ProblemType},
    operators::View,
    problem::Problem,
    service::{Page, SERVICE_ROUTES},
};
use crate::operations::{Endpoint, KeyedOperation, ROUTES, ReadFn};

/// Where a request goes.
#[derive(Debug)]
pub enum Target<'a> {
    /// An operation that takes effect once per key.
    Keyed(&'static KeyedOperation),
    /// What operations have made.
    Read {
        /// Reads it.
        read: ReadFn,
        /// The path's last segment.
        id: &'a str,
    },
    /// What became of a key.
    KeyStatus(&'a str),
    /// What an operator says that became of it.
    Resolution(&'a str),
    /// How to use all this.
    Example,
    /// What this is.
    Home,
    /// Whether the service is up.
    Health,
    /// What a problem type means.
    ProblemPage(&'static ProblemType),
    /// What operators see.
    Operators(View),
    /// A file for operators, by its path among the static assets.
    OperatorsAsset(&'static str),
    /// A file, by its path among the static assets.
    Asset(&'static str),
    /// What the path can do: the methods it takes.
    Options(&'static str),
}

/// The methods of a route that reads. HEAD is GET without the content (RFC 9110, section 9.3.2).
pub const READS: &str = "GET, HEAD, OPTIONS";
/// The methods of a route that takes effect.
pub const WRITES: &str = "POST, OPTIONS";

/// Finds what is asked for.
pub fn route<'a>(method: &str, path: &'a str) -> Result<Target<'a>, Problem> {
    let target = find(path).ok_or_else(|| {
        Problem::not_found(
            "There is no such path. /docs shows all there are; they are in lower case, without a slash at the end.",
        )
    })?;
    let allow = match target {
        Target::Keyed(_) | Target::Resolution(_) => WRITES,
        Target::Read { .. }
        | Target::KeyStatus(_)
        | Target::Example
        | Target::Home
        | Target::Health
        | Target::ProblemPage(_)
        | Target::Operators(_)
        | Target::OperatorsAsset(_)
        | Target::Asset(_)
        | Target::Options(_) => READS,
    };
    match method {
        "OPTIONS" => Ok(Target::Options(allow)),
        "POST" if allow == WRITES => Ok(target),
        "GET" | "HEAD" if allow == READS => Ok(target),
        _ => Err(Problem::method_not_allowed(allow)),
    }
}

fn find(path: &str) -> Option<Target<'_>> {
    find_page(path).or_else(|| find_operation(path))
}

fn find_page(path: &str) -> Option<Target<'_>> {
    SERVICE_ROUTES.iter().find_map(|route| {
        let segment = segment(route.path, path)?;
        Some(match route.page {
            Page::KeyStatus => Target::KeyStatus(segment),
            Page::Resolution => Target::Resolution(segment),
            Page::Example => Target::Example,
            Page::Home => Target::Home,
            Page::Health => Target::Health,
            Page::ProblemType => {
                let kind = CATALOGUE.iter().find(|kind| kind.slug == segment)?;
                Target::ProblemPage(kind)
            }
            Page::Operators(view) => Target::Operators(view),
            Page::OperatorsAsset(file) => Target::OperatorsAsset(file),
            Page::Asset(file) => Target::Asset(file),
        })
    })
}

fn find_operation(path: &str) -> Option<Target<'_>> {
    ROUTES.iter().find_map(|route| {
        let id = segment(route.path, path)?;
        Some(match &route.endpoint {
            Endpoint::Keyed(operation) => Target::Keyed(operation),
            Endpoint::Read(read) => Target::Read {
                read: read.read,
                id,
            },
        })
    })
}

/// What `path` has in the place of `pattern`'s segment in braces; empty if `pattern` has no braces and is `path`.
fn segment<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    match pattern.split_once('{') {
        Some((before, rest)) => path
            .strip_prefix(before)?
            .strip_suffix(rest.split_once('}')?.1)
            .filter(|segment| !segment.is_empty() && !segment.contains('/')),
        None => (pattern == path).then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_target() {
        let resources = "/api/v1/operations/resources";
        assert!(
            matches!(route("POST", resources), Ok(Target::Keyed(o)) if o.name == "create_resource")
        );
        assert!(matches!(
            route("GET", "/api/v1/operations/resources/7"),
            Ok(Target::Read { id: "7", .. })
        ));
        assert!(matches!(
            route("HEAD", "/api/v1/operations/idempotency/k"),
            Ok(Target::KeyStatus("k"))
        ));
        assert!(matches!(
            route("POST", "/api/v1/operations/idempotency/k/resolution"),
            Ok(Target::Resolution("k"))
        ));
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        for (method, path) in [
            ("GET", "/api/audit/log"),
            ("POST", "/api/audit/logs"),
            ("POST", "/api/v1/operations/idempotency/k"),
            ("GET", "/api/v1/operations/idempotency/k/resolution"),
            ("DELETE", "/health"),
            ("POST", "/"),
        ] {
            assert_eq!(
                route(method, path).unwrap_err().slug(),
                "method-not-allowed"
            );
        }
    }

    #[test]
    fn what_is_almost_a_path_is_none() {
        for path in [
            "//",
            "/docs/",
            "/api/v1/operations/resources/",
            "/api/v1/operations/resources/7/8",
            "/api/v1/operations/resources7",
            "/api/v1/operations/idempotency//resolution",
            "/api/v1/operations/idempotency/resolution/",
            "/api/v1/operations/idempotency/k/l/resolution",
            "/api/v1/operations/idempotency/k/resolution/",
            "/problems/none",
            "/HEALTH",
        ] {
            assert_eq!(
                route("GET", path).unwrap_err().slug(),
                "not-found",
                "{path}"
            );
        }
    }
}
