//! The operations of a service, and what is known of all of them.

use std::{cell::OnceCell, rc::Rc};

use idempotency_core::{
    KeyForm,
    lifecycle::{MAX_RETENTION_S, Terms},
};
use thiserror::Error;
use worker::Env;

use super::{Endpoint, Keyed, Operation, Ordered, Route};
use crate::settings::{Settings, WrongSetting};

/// The longest deadline of an attempt, in seconds, as of `ATTEMPT_DEADLINE_SECONDS`: a client that waits half a minute
/// for an answer gets one.
const MAX_DEADLINE_S: u64 = 25;

/// The operations of a service.
#[derive(Debug)]
pub struct Operations {
    /// The service's name.
    pub name: &'static str,
    /// The service's release.
    pub version: &'static str,
    /// Where they are, and where what they have made can be read.
    pub routes: Vec<Route>,
    /// What is not of these routes, and not the service's own.
    pub ordered: Ordered,
    settings: OnceCell<Result<Rc<Settings>, WrongSetting>>,
}

/// Routes that no service can have.
#[derive(Debug, Error)]
pub enum RouteError {
    /// Records and logs could not tell them apart.
    #[error("two operations have the name {0}")]
    SameName(String),
    /// One of them would never be reached.
    #[error("two routes have the method {method} and the path {path}")]
    SameRoute {
        /// Their method.
        method: &'static str,
        /// Their path.
        path: String,
    },
    /// A method that has no effect (RFC 9110, section 9.2.1), or is none.
    #[error(
        "the operation {name} has the method {method}, and must have one in capitals that may have an effect, such as POST"
    )]
    Method {
        /// The operation's name.
        name: String,
        /// The method.
        method: &'static str,
    },
    /// An operation's terms are beyond what a record can have.
    #[error("the operation {name} must have {rule}")]
    Terms {
        /// The operation's name.
        name: String,
        /// What it must have.
        rule: &'static str,
    },
    /// A path is not written as paths of routes are.
    #[error("the path {path} cannot be routed: {reason}")]
    Path {
        /// The path.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl Operations {
    /// The operations of these routes.
    pub fn new(
        name: &'static str,
        version: &'static str,
        routes: Vec<Route>,
        ordered: Ordered,
    ) -> Result<Self, RouteError> {
        let operations = Self {
            name,
            version,
            routes,
            ordered,
            settings: OnceCell::new(),
        };
        let mut names: Vec<_> = operations.names().collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair.first() == pair.last());
        if let Some(name) = twice.and_then(<[_]>::first) {
            return Err(RouteError::SameName((*name).to_owned()));
        }
        for route in &operations.routes {
            check(route)?;
        }
        Ok(operations)
    }

    /// The operation of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Operation> {
        self.all()
            .map(|keyed| &*keyed.operation)
            .find(|operation| operation.name() == name)
    }

    /// All of them, with the rules of their keys.
    pub fn all(&self) -> impl Iterator<Item = &Keyed> {
        let routes = self
            .routes
            .iter()
            .filter_map(|route| match &route.endpoint {
                Endpoint::Keyed(keyed) => Some(keyed),
                Endpoint::Read(_) => None,
            });
        routes.chain(self.ordered.routes.iter().map(|route| &route.keyed))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|keyed| keyed.operation.name())
    }

    /// The forms of all their keys, each once or more often.
    #[must_use]
    pub fn key_forms(&self) -> Vec<KeyForm> {
        self.all().map(|keyed| keyed.key.form).collect()
    }

    /// What the variables say, including those that the operations name. They are read once: the variables of an isolate
    /// never change.
    pub fn settings(&self, env: &Env) -> Result<Rc<Settings>, WrongSetting> {
        let read = || {
            let retentions = self.all().map(|keyed| keyed.operation.retention());
            Settings::of(env, retentions).map(Rc::new)
        };
        self.settings.get_or_init(read).clone()
    }
}

/// The terms of an operation.
#[must_use]
pub fn terms_of(operation: &dyn Operation, settings: &Settings) -> Terms {
    let probe = operation.probe_terms();
    Terms {
        grace_ms: operation.grace_s().unwrap_or(0).saturating_mul(1000),
        absent_after_ms: probe.absent_after_s.saturating_mul(1000),
        ..settings.terms(
            operation.retention(),
            operation.deadline_s(),
            operation.repeat(),
        )
    }
}

fn check(route: &Route) -> Result<(), RouteError> {
    let Endpoint::Keyed(Keyed { operation, .. }) = &route.endpoint else {
        return Ok(());
    };
    let name = operation.name().to_owned();
    let method = route.method;
    let is_upper = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_upper || matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "CONNECT") {
        return Err(RouteError::Method { name, method });
    }
    let (_, retention_s) = operation.retention().variable();
    if !(1..=MAX_RETENTION_S).contains(&retention_s) {
        let rule = "a retention of 1 second to a year";
        return Err(RouteError::Terms { name, rule });
    }
    if operation
        .deadline_s()
        .is_some_and(|deadline_s| !(1..=MAX_DEADLINE_S).contains(&deadline_s))
    {
        let rule = "a deadline of 1 to 25 seconds";
        return Err(RouteError::Terms { name, rule });
    }
    Ok(())
}
