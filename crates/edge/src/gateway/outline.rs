//! What a policy comes to, for people: its routes in the order in which they are tried, with the defaults in their places.

use serde::Serialize;

use super::{
    check::read,
    policy::{AmbiguousRule, Fallback, Policy, Rewrite, RouteRule, UpstreamRule},
    policy_error::{PolicyError, wrong},
};
use crate::operation::{CallerSource, KeySource};

/// The upstreams and routes of the policy in `json`, which has no comments, as JSON.
pub fn outline(json: &str) -> Result<String, PolicyError> {
    let policy = read(json)?;
    let outline = Outline::of(&policy);
    serde_json::to_string(&outline).map_err(|error| wrong("the file", error.to_string()))
}

#[derive(Serialize)]
struct Outline<'a> {
    upstreams: Vec<UpstreamLine<'a>>,
    routes: Vec<RouteLine<'a>>,
    /// The upstream that all other requests pass to; without it, they get 404.
    pass: Option<&'a str>,
}

#[derive(Serialize)]
struct UpstreamLine<'a> {
    name: &'a str,
    url: Option<&'a str>,
    binding: Option<&'a str>,
}

#[derive(Serialize)]
struct RouteLine<'a> {
    methods: &'a [String],
    host: Option<&'a str>,
    path: &'a str,
    upstream: &'a str,
    rewrite: Option<String>,
    key: Vec<String>,
    key_is_required: bool,
    caller: String,
    ambiguous: &'static str,
    retention_s: u64,
}

impl<'a> Outline<'a> {
    fn of(policy: &'a Policy) -> Self {
        let upstreams = policy.upstreams.iter();
        Self {
            upstreams: upstreams
                .map(|(name, rule)| UpstreamLine::of(name, rule))
                .collect(),
            routes: policy.routes.iter().map(RouteLine::of).collect(),
            pass: match &policy.default {
                Fallback::Pass(name) => Some(name),
                Fallback::NotFound => None,
            },
        }
    }
}

impl<'a> UpstreamLine<'a> {
    fn of(name: &'a str, rule: &'a UpstreamRule) -> Self {
        Self {
            name,
            url: rule.url.as_deref(),
            binding: rule.binding.as_deref(),
        }
    }
}

impl<'a> RouteLine<'a> {
    fn of(rule: &'a RouteRule) -> Self {
        Self {
            methods: &rule.r#match.methods,
            host: rule.r#match.host.as_deref(),
            path: &rule.r#match.path,
            upstream: &rule.upstream,
            rewrite: rewritten(&rule.rewrite),
            key: rule.key.from.iter().map(place).collect(),
            key_is_required: rule.key.required,
            caller: match &rule.caller {
                CallerSource::Authenticated => "authenticated".to_owned(),
                CallerSource::Header(name) => format!("header:{name}"),
                CallerSource::Route => "route".to_owned(),
            },
            ambiguous: match rule.ambiguous {
                AmbiguousRule::Hold => "hold",
                AmbiguousRule::Resend => "resend",
            },
            retention_s: rule.retention_s,
        }
    }
}

fn place(source: &KeySource) -> String {
    match source {
        KeySource::Header(name) => format!("header:{name}"),
        KeySource::Query(name) => format!("query:{name}"),
        KeySource::Form(name) => format!("form:{name}"),
        KeySource::Json(pointer) => format!("json:{pointer}"),
        KeySource::Digest => "digest".to_owned(),
    }
}

/// What becomes of the beginning of a path, unless it stays.
fn rewritten(Rewrite { strip, prefix }: &Rewrite) -> Option<String> {
    (strip != prefix).then(|| format!("{strip}/… → {prefix}/…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_the_routes_in_order_with_what_is_not_written() {
        let policy = r#"{
            "upstreams": {"api": {"url": "https://api.example"}, "shop": {"binding": "SHOP"}},
            "routes": [
                {"match": {"path": "/event", "host": "hooks.example"}, "upstream": "api", "caller": "route",
                 "key": {"from": ["json:/id", "digest"], "required": false}},
                {"match": {"path": "/v1/{*rest}", "methods": ["PUT"]}, "upstream": "shop",
                 "rewrite": {"strip": "/v1"}, "ambiguous": "resend", "retention_s": 60}
            ],
            "default": {"pass": "api"}
        }"#;

        let outline = outline(policy).unwrap();
        let outline: serde_json::Value = serde_json::from_slice(outline.as_bytes()).unwrap();

        assert_eq!(
            outline,
            serde_json::json!({
                "upstreams": [
                    {"name": "api", "url": "https://api.example", "binding": null},
                    {"name": "shop", "url": null, "binding": "SHOP"}
                ],
                "routes": [
                    {"methods": ["POST", "PATCH"], "host": "hooks.example", "path": "/event", "upstream": "api",
                     "rewrite": null, "key": ["json:/id", "digest"], "key_is_required": false, "caller": "route",
                     "ambiguous": "hold", "retention_s": 86_400},
                    {"methods": ["PUT"], "host": null, "path": "/v1/{*rest}", "upstream": "shop",
                     "rewrite": "/v1/… → /…", "key": ["header:Idempotency-Key", "header:X-Idempotency-Key"],
                     "key_is_required": true, "caller": "authenticated", "ambiguous": "resend", "retention_s": 60}
                ],
                "pass": "api"
            })
        );
    }

    #[test]
    fn a_wrong_policy_has_no_outline_but_its_error() {
        let error = outline(r#"{"upstreams": {}, "default": {"pass": "api"}}"#).unwrap_err();

        assert_eq!(
            error.to_string(),
            "default.pass must be one of upstreams (), and is \"api\""
        );
    }
}
