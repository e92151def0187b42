//! From a policy to the routes that it describes.

use std::{collections::BTreeMap, rc::Rc};

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use worker::{Env, web_sys};

use super::{
    check::{PolicyError, read},
    fields::{Came, to_upstream},
    forward::{Forward, VIA},
    policy::{Fallback, Rewrite, RouteRule},
    target::url,
    upstream::{Sent, Upstream},
};
use crate::operation::{KeyRule, Keyed, Ordered, OrderedRoute, Passage, PassageError};

/// The routes of the policy in `json`, which has no comments.
pub fn routes(json: &str) -> Result<Ordered, PolicyError> {
    let policy = read(json)?;
    let upstreams = policy.upstreams.iter();
    let upstreams: BTreeMap<_, _> = upstreams
        .map(|(name, rule)| (name.as_str(), Rc::new(Upstream::of(rule))))
        .collect();
    let to = |name: &str, rewrite: &Rewrite| {
        let upstream = upstreams.get(name)?.clone();
        let rewrite = rewrite.clone();
        Some(Through { upstream, rewrite })
    };
    let routes = policy.routes.iter().enumerate();
    let routes =
        routes.filter_map(|(at, rule)| route(at, rule, to(&rule.upstream, &rule.rewrite)?));
    let fallback = match &policy.default {
        Fallback::Pass(name) => to(name, &Rewrite::default()),
        Fallback::NotFound => None,
    };
    Ok(Ordered {
        routes: routes.collect(),
        fallback: fallback.map(|through| Rc::new(through) as Rc<dyn Passage>),
    })
}

/// The name tells which rule it is: two may have one path, for different hosts.
fn route(at: usize, rule: &RouteRule, through: Through) -> Option<OrderedRoute> {
    let matched = &rule.r#match;
    let mut path = matchit::Router::new();
    path.insert(matched.path.as_str(), ()).ok()?;
    let operation = Forward {
        name: format!("{} {}{}", rule.upstream, matched.path, suffix(at, rule)),
        rule: rule.clone(),
        upstream: through.upstream.clone(),
    };
    Some(OrderedRoute {
        methods: matched.methods.clone(),
        host: matched.host.clone(),
        path,
        keyed: Keyed {
            operation: Box::new(operation),
            caller: rule.caller.clone(),
            key: KeyRule {
                form: rule.key.form.into(),
                is_required: rule.key.required,
                from: rule.key.elsewhere(),
            },
            passage: Some(Rc::new(through)),
            example: None,
        },
    })
}

/// What tells a rule from another one for the same path.
fn suffix(at: usize, rule: &RouteRule) -> String {
    match &rule.r#match.host {
        Some(host) => format!(" of {host}"),
        None if rule.r#match.methods == ["POST", "PATCH"] => String::new(),
        None => format!(" {at}"),
    }
}

/// The way to an upstream.
#[derive(Debug)]
struct Through {
    upstream: Rc<Upstream>,
    rewrite: Rewrite,
}

impl Passage for Through {
    fn pass<'a>(
        &'a self,
        request: &'a Request,
        unread: Option<&'a web_sys::Request>,
        address: Option<&'a str>,
        env: &'a Env,
    ) -> LocalBoxFuture<'a, Result<web_sys::Response, PassageError>> {
        Box::pin(async move {
            let not_sent = |reason: String| PassageError::NotSent(reason);
            let Rewrite { strip, prefix } = &self.rewrite;
            let base = &self.upstream.base;
            let url = url(base, strip, prefix, &request.path, &request.query);
            let url = url.map_err(|error| not_sent(error.to_string()))?;
            let came = Came {
                address,
                base_url: &request.base_url,
                name: VIA,
            };
            let fields = to_upstream(&request.fields, &came);
            let mut fields = fields.ok_or_else(|| not_sent("goes in a circle".to_owned()))?;
            // To open a WebSocket, the platform wants this field of the connection.
            let upgrade = request
                .field("upgrade")
                .filter(|to| to.eq_ignore_ascii_case("websocket"));
            fields.extend(upgrade.map(|to| ("upgrade".to_owned(), to.to_owned())));
            let sent = Sent {
                url: &url,
                method: &request.method,
                fields: self.upstream.changed(fields, env),
                body: &request.body,
            };
            Ok(self
                .upstream
                .pass(sent, unread, &request.base_url, env)
                .await?)
        })
    }
}
