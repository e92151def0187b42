//! The routes that every service has, beside those of its operations.

use super::operators::View;

/// One of them.
#[derive(Debug)]
pub struct OwnRoute {
    /// The method. Where it is GET, the route answers HEAD too.
    pub method: &'static str,
    /// The path; a segment in braces stands for any one segment.
    pub path: &'static str,
    /// Its name in the description of the API.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub summary: &'static str,
    /// What is there.
    pub page: Page,
}

/// What the service has to say of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Page {
    /// What became of a key.
    KeyStatus,
    /// What an operator says that became of it.
    Resolution,
    /// How to use all this.
    Example,
    /// What this is.
    Home,
    /// Whether the service is up.
    Health,
    /// What a problem type means.
    ProblemType,
    /// What operators see.
    Operators(View),
    /// A file for operators: its path among the static assets.
    OperatorsAsset(&'static str),
    /// A file of the page at `/` that the variable `START_PAGE` turns on: its path among the static assets.
    StartAsset(&'static str),
    /// A file that was built to be sent as it is: its path among the static assets.
    Asset(&'static str),
}

impl Page {
    /// Whether it can be a file that the client has already.
    #[must_use]
    pub const fn may_be_unchanged(self) -> bool {
        match self {
            Self::Home | Self::OperatorsAsset(_) | Self::StartAsset(_) | Self::Asset(_) => true,
            Self::KeyStatus
            | Self::Resolution
            | Self::Example
            | Self::Health
            | Self::ProblemType
            | Self::Operators(_) => false,
        }
    }

    /// Whether it is about keys and what happens to them, and so nothing that an API behind this service has.
    #[must_use]
    pub const fn is_about_keys(self) -> bool {
        match self {
            Self::KeyStatus
            | Self::Resolution
            | Self::ProblemType
            | Self::Operators(_)
            | Self::OperatorsAsset(_) => true,
            Self::Example | Self::Home | Self::Health | Self::StartAsset(_) | Self::Asset(_) => {
                false
            }
        }
    }
}

/// All of them.
pub static OWN_ROUTES: &[OwnRoute] = &[
    route(
        "/api/v1/operations/idempotency/{key}",
        "look_up_key",
        "Look up what became of a key",
        Page::KeyStatus,
    ),
    route(
        "/api/v1/operations/idempotency/{key}/resolution",
        "resolve_key",
        "Say what became of an ambiguous key, or have one forgotten",
        Page::Resolution,
    ),
    route(
        "/api/v1/operations/idempotency-example",
        "show_example",
        "Show how to use a key, with commands to paste",
        Page::Example,
    ),
    route(
        "/",
        "say_what_this_is",
        "Say what this is, to a browser",
        Page::Home,
    ),
    route(
        "/start/page.js",
        "load_start_script",
        "The script of the page at `/`, if it has one",
        Page::StartAsset("/start/page.js"),
    ),
    route(
        "/start/page.css",
        "load_start_style",
        "The style of the page at `/`, if it has one",
        Page::StartAsset("/start/page.css"),
    ),
    route(
        "/health",
        "check_health",
        "Tell whether the service is up",
        Page::Health,
    ),
    route(
        "/problems/{slug}",
        "explain_problem",
        "Explain a problem type: what it means and what to do",
        Page::ProblemType,
    ),
    route(
        "/openapi.json",
        "describe_api",
        "Describe this API",
        Page::Asset("/openapi.json"),
    ),
    route(
        "/docs",
        "read_docs",
        "Show the description as a page",
        Page::Asset("/docs/index.html"),
    ),
    route(
        "/docs/page.js",
        "load_docs_script",
        "The page's script",
        Page::Asset("/docs/page.js"),
    ),
    route(
        "/docs/page.css",
        "load_docs_style",
        "The page's style",
        Page::Asset("/docs/page.css"),
    ),
    route(
        "/metrics",
        "read_metrics",
        "The metrics, in Prometheus' text format",
        Page::Operators(View::Metrics),
    ),
    route(
        "/api/v1/alerts",
        "list_alerts",
        "List the alerts that are raised, and the rules",
        Page::Operators(View::Alerts),
    ),
    route(
        "/dashboard",
        "open_dashboard",
        "See what happens, as it happens",
        Page::OperatorsAsset("/dashboard/index.html"),
    ),
    route(
        "/dashboard/page.js",
        "load_dashboard_script",
        "The dashboard's script",
        Page::OperatorsAsset("/dashboard/page.js"),
    ),
    route(
        "/dashboard/page.css",
        "load_dashboard_style",
        "The dashboard's style",
        Page::OperatorsAsset("/dashboard/page.css"),
    ),
    route(
        "/dashboard/live",
        "watch_live",
        "A WebSocket that tells what happens",
        Page::Operators(View::Live),
    ),
];

const fn route(
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    page: Page,
) -> OwnRoute {
    OwnRoute {
        method: match page {
            Page::Resolution => "POST",
            Page::KeyStatus
            | Page::Example
            | Page::Home
            | Page::Health
            | Page::ProblemType
            | Page::Operators(_)
            | Page::OperatorsAsset(_)
            | Page::StartAsset(_)
            | Page::Asset(_) => "GET",
        },
        path,
        name,
        summary,
        page,
    }
}
