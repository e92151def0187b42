//! The operations of a service, and what is known of all of them.

use std::{cell::OnceCell, rc::Rc};

use idempotency_core::KeyForm;
use thiserror::Error;
use worker::Env;

use super::{Endpoint, Keyed, Operation, Ordered, Route};
use crate::settings::{Settings, WrongSetting};

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
        match twice.and_then(<[_]>::first) {
            Some(name) => Err(RouteError::SameName((*name).to_owned())),
            None => Ok(operations),
        }
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
