//! From a policy to the routes that it describes.

use std::{collections::BTreeMap, rc::Rc};

use futures_util::future::LocalBoxFuture;
use idempotency_core::Request;
use worker::{Env, web_sys};

use super::{
    check::read,
    fields::{Came, to_upstream},
    forward::{Forward, VIA},
    policy::{Fallback, Rewrite, RouteRule},
    policy_error::PolicyError,
    target::{ours, url},
    upstream::{Sent, Upstream},
    webhook::Signatures,
};
use crate::operation::{
    KeyRule, Keyed, Ordered, OrderedRoute, Passage, PassageError, Verification,
};

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
    let routes = policy.routes.iter();
    let routes = routes.filter_map(|rule| route(rule, to(&rule.upstream, &rule.rewrite)?));
    let fallback = match &policy.default {
        Fallback::Pass(name) => to(name, &Rewrite::default()),
        Fallback::NotFound => None,
    };
    Ok(Ordered {
        routes: routes.collect(),
        fallback: fallback.map(|through| Rc::new(through) as Rc<dyn Passage>),
    })
}

fn route(rule: &RouteRule, through: Through) -> Option<OrderedRoute> {
    let matched = &rule.r#match;
    let mut path = matchit::Router::new();
    path.insert(matched.path.as_str(), ()).ok()?;
    let operation = Forward {
        name: name(rule),
        rule: rule.clone(),
        upstream: through.upstream.clone(),
    };
    Some(OrderedRoute {
        methods: matched.methods.clone(),
        host: matched.host.clone(),
        path,
        keyed: Keyed {
            operation: Box::new(operation),
            caller: (*rule.caller).clone(),
            verification: rule
                .webhook
                .as_ref()
                .and_then(Signatures::of)
                .map(|signatures| Rc::new(signatures) as Rc<dyn Verification>),
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

/// The operation's name. It stays the same as long as the route is for the same requests.
fn name(rule: &RouteRule) -> String {
    let matched = &rule.r#match;
    let host = matched.host.as_deref().unwrap_or_default();
    format!("{} {host}{}", matched.methods.join(" "), matched.path)
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
                fields: self
                    .upstream
                    .changed(fields, env)
                    .map_err(PassageError::Unconfigured)?,
                body: &request.body,
            };
            let ours = |location: &str| ours(location, base, &self.rewrite, &request.base_url);
            Ok(self.upstream.pass(sent, unread, ours, env).await?)
        })
    }
}
