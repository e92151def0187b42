//! From the policy's text to a policy that can be served, or what is wrong with it and where.

use crate::operation::{CallerSource, is_token};

use super::{
    base::base,
    policy::{Fallback, ForwardAs, InProgress, Policy, RouteRule, UpstreamRule},
    policy_error::{PolicyError, is_field, within, wrong},
    webhook,
};

/// Reads a policy from JSON, and checks what its types cannot say.
pub fn read(json: &str) -> Result<Policy, PolicyError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json.as_bytes());
    let mut policy: Policy =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            // Where the text breaks off within a field, that has no name yet.
            let place = match path.strip_suffix(".?").unwrap_or(&path) {
                "." | "?" => "the file",
                place => place,
            };
            wrong(place, error.inner().to_string())
        })?;
    deserializer
        .end()
        .map_err(|error| wrong("the file", error.to_string()))?;
    policy.routes.iter_mut().for_each(webhook::fill_in);
    check(&policy)?;
    Ok(policy)
}

fn check(policy: &Policy) -> Result<(), PolicyError> {
    for (name, upstream) in &policy.upstreams {
        check_upstream(&format!("upstreams.{name}"), upstream)?;
    }
    for (at, route) in policy.routes.iter().enumerate() {
        check_route(&format!("routes[{at}]"), route, policy)?;
    }
    match &policy.default {
        Fallback::Pass(name) => is_upstream("default.pass", name, policy),
        Fallback::NotFound => Ok(()),
    }
}

fn check_upstream(place: &str, upstream: &UpstreamRule) -> Result<(), PolicyError> {
    match (&upstream.url, &upstream.binding) {
        (Some(url), None) => {
            base(url).map_err(|rule| {
                wrong(
                    format!("{place}.url"),
                    format!("must be {rule}, and is \"{url}\""),
                )
            })?;
        }
        (None, Some(_)) => {}
        (Some(_), Some(_)) => {
            return Err(wrong(place, "must have a url or a binding, and has both"));
        }
        (None, None) => {
            return Err(wrong(
                place,
                "must have a url or a binding, and has neither",
            ));
        }
    }
    within(&format!("{place}.timeout_s"), upstream.timeout_s, 1, 25)?;
    let headers = &upstream.headers;
    for name in headers.set.keys().chain(&headers.remove) {
        is_field(&format!("{place}.headers"), name)?;
    }
    Ok(())
}

fn check_route(place: &str, route: &RouteRule, policy: &Policy) -> Result<(), PolicyError> {
    is_upstream(&format!("{place}.upstream"), &route.upstream, policy)?;
    check_match(&format!("{place}.match"), route)?;
    within(
        &format!("{place}.retention_s"),
        *route.retention_s,
        1,
        31_536_000,
    )?;
    if let InProgress::WaitS(wait_s) = *route.in_progress {
        within(&format!("{place}.in_progress.wait_s"), wait_s, 1, 30)?;
    }
    for status in route.not_executed.iter() {
        within(
            &format!("{place}.not_executed"),
            u64::from(*status),
            400,
            599,
        )?;
    }
    let timeout_s = policy
        .upstreams
        .get(&route.upstream)
        .map_or(0, |upstream| upstream.timeout_s);
    if *route.retention_s <= timeout_s {
        let rule = format!("must be longer than timeout_s of its upstream, which is {timeout_s}");
        return Err(wrong(format!("{place}.retention_s"), rule));
    }
    if route.key.from.is_empty() {
        return Err(wrong(
            format!("{place}.key.from"),
            "must name a place, and is empty",
        ));
    }
    is_field(
        &format!("{place}.forward_key.field"),
        &route.forward_key.field,
    )?;
    for name in &route.answer.not_replayed {
        is_field(&format!("{place}.answer.not_replayed"), name)?;
    }
    let max_bytes = u64::try_from(route.answer.max_bytes).unwrap_or(u64::MAX);
    within(&format!("{place}.answer.max_bytes"), max_bytes, 0, 524_288)?;
    for (name, path) in [
        ("strip", &route.rewrite.strip),
        ("prefix", &route.rewrite.prefix),
    ] {
        let is_plain = !path.contains(['?', '#', '\\', '%']) && !path.contains("/.");
        if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/') || !is_plain) {
            let rule = format!(
                "must be a path that begins with a slash and does not end with one, and is \"{path}\""
            );
            return Err(wrong(format!("{place}.rewrite.{name}"), rule));
        }
    }
    let key = route.forward_key.r#as;
    route.ambiguous.check(
        &format!("{place}.ambiguous"),
        key != ForwardAs::None,
        *route.caller == CallerSource::Authenticated && key == ForwardAs::Derived,
        timeout_s,
        *route.retention_s,
    )?;
    match &route.webhook {
        Some(webhook) => webhook::check(place, route, webhook),
        None => Ok(()),
    }
}

fn check_match(place: &str, route: &RouteRule) -> Result<(), PolicyError> {
    let rule = &route.r#match;
    if rule.methods.is_empty() {
        return Err(wrong(
            format!("{place}.methods"),
            "must name a method, and is empty",
        ));
    }
    for method in &rule.methods {
        let is_method = is_token(method) && !method.bytes().any(|byte| byte.is_ascii_lowercase());
        if !is_method
            || matches!(
                method.as_str(),
                "GET" | "HEAD" | "OPTIONS" | "CONNECT" | "TRACE"
            )
        {
            let rule = format!(
                "must be methods in capitals that have an effect, such as POST, and has \"{method}\""
            );
            return Err(wrong(format!("{place}.methods"), rule));
        }
    }
    if !rule.path.starts_with('/') {
        let rule = format!("must begin with a slash, and is \"{}\"", rule.path);
        return Err(wrong(format!("{place}.path"), rule));
    }
    let mut router = matchit::Router::new();
    router.insert(rule.path.as_str(), ()).map_err(|error| {
        wrong(
            format!("{place}.path"),
            format!("cannot be routed: {error}"),
        )
    })
}

fn is_upstream(place: &str, name: &str, policy: &Policy) -> Result<(), PolicyError> {
    if policy.upstreams.contains_key(name) {
        return Ok(());
    }
    let names: Vec<_> = policy.upstreams.keys().map(String::as_str).collect();
    let rule = format!(
        "must be one of upstreams ({}), and is \"{name}\"",
        names.join(", ")
    );
    Err(wrong(place, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::ambiguous::AmbiguousRule;

    const RIGHT: &str = r#"{
        "upstreams": {"shop": {"url": "https://shop.example/v1"}, "local": {"url": "http://localhost:3000"}},
        "routes": [{"match": {"path": "/orders/{id}"}, "upstream": "shop"}],
        "default": {"pass": "local"}
    }"#;

    #[test]
    fn a_short_policy_has_the_defaults_of_the_document() {
        let policy = read(RIGHT).unwrap();

        let route = &policy.routes[0];
        assert_eq!(route.r#match.methods, ["POST", "PATCH"]);
        assert_eq!(*route.retention_s, 86_400);
        assert_eq!(
            *route.not_executed,
            [401, 403, 407, 421, 425, 429, 501, 505]
        );
        assert_eq!(route.answer.max_bytes, 524_288);
        assert!(matches!(route.ambiguous, AmbiguousRule::Hold));
        assert_eq!(policy.upstreams["shop"].timeout_s, 15);
        assert_eq!(policy.default, Fallback::Pass("local".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_would_be_right() {
        for (from, to, place, rule) in [
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shup\"",
                "routes[0].upstream",
                "must be one of upstreams (local, shop), and is \"shup\"",
            ),
            (
                "\"pass\": \"local\"",
                "\"pass\": \"x\"",
                "default.pass",
                "must be one of upstreams",
            ),
            (
                "https://shop.example/v1",
                "http://shop.example",
                "upstreams.shop.url",
                "must be an https URL",
            ),
            (
                "https://shop.example/v1",
                "https://u:p@shop.example",
                "upstreams.shop.url",
                "must be an https URL",
            ),
            (
                "/orders/{id}",
                "orders",
                "routes[0].match.path",
                "must begin with a slash",
            ),
            (
                "/orders/{id}",
                "/orders/{",
                "routes[0].match.path",
                "cannot be routed",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"retention_s\": 0",
                "routes[0].retention_s",
                "must be from 1 to 31536000, and is 0",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"retention\": 9",
                "routes[0].retention",
                "unknown field",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"store\": [\"7xx\"]",
                "routes[0].store[0]",
                "must be a class",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"caller\": \"all\"",
                "routes[0].caller",
                "must be authenticated, route or header:NAME",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"ambiguous\": \"resend\", \"forward_key\": {\"as\": \"none\"}",
                "routes[0].ambiguous",
                "must not be \"resend\"",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"ambiguous\": {\"probe\": {\"path\": \"/{key}\"}}",
                "routes[0].ambiguous.probe.path",
                "must have {operation_id} in it where the caller is authenticated",
            ),
            (
                "\"upstream\": \"shop\"",
                "\"upstream\": \"shop\", \"ambiguous\": {\"probe\": {\"path\": \"/{operation_id}\", \"absent_after_s\": 29}}",
                "routes[0].ambiguous.probe.absent_after_s",
                "must be from 30 to 86400, and is 29",
            ),
            (
                "{\"path\": \"/orders/{id}\"}",
                "{\"path\": \"/orders\", \"methods\": [\"GET\"]}",
                "routes[0].match.methods",
                "must be methods in capitals",
            ),
        ] {
            assert!(RIGHT.contains(from), "{from}");
            let error = read(&RIGHT.replace(from, to)).unwrap_err();
            assert_eq!(error.place, place, "{to}");
            assert!(error.rule.contains(rule), "{to}: {}", error.rule);
        }
        assert_eq!(read("{").unwrap_err().place, "the file");
        let broken = RIGHT.replace("\"upstream\": \"shop\"", "\"upstream\": \"shop\" ]");
        assert_eq!(read(&broken).unwrap_err().place, "routes[0]");
    }
}
