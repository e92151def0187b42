//! A service: what a Worker is made of. `packages/worker/index.js` gets one from the Worker's crate, and calls it.

use std::rc::Rc;

use thiserror::Error;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Env, web_sys, worker_sys};

use crate::{
    clock,
    coordinator::Coordinator,
    gateway::{self, PolicyError},
    http::{self, Router},
    monitor::Telemetry,
    operation::{Operations, Ordered, Route, RouteError},
    tasks::promptly,
};

/// What keeps a service from being built.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Its routes.
    #[error(transparent)]
    Routes(#[from] RouteError),
    /// The policy of its gateway.
    #[error("the policy is wrong: {0}")]
    Policy(#[from] PolicyError),
}

/// A service, whose operations take effect once per idempotency key.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Service {
    router: Rc<Router>,
}

impl Service {
    /// The service of this name and release that has these routes, beside those that every service has.
    pub fn new(
        name: &'static str,
        version: &'static str,
        routes: Vec<Route>,
    ) -> Result<Self, ServiceError> {
        Self::with(name, version, routes, Ordered::default())
    }

    /// The same in front of other APIs, as the policy in `json` says.
    pub fn gateway(
        name: &'static str,
        version: &'static str,
        routes: Vec<Route>,
        json: &str,
    ) -> Result<Self, ServiceError> {
        Self::with(name, version, routes, gateway::routes(json)?)
    }

    fn with(
        name: &'static str,
        version: &'static str,
        routes: Vec<Route>,
        ordered: Ordered,
    ) -> Result<Self, ServiceError> {
        let operations = Rc::new(Operations::new(name, version, routes, ordered)?);
        Ok(Self {
            router: Rc::new(Router::new(operations)?),
        })
    }

    /// Its operations.
    #[must_use]
    pub fn operations(&self) -> &Rc<Operations> {
        &self.router.operations
    }
}

#[wasm_bindgen]
impl Service {
    /// Answers a request, of which `content` is the content if it has arrived: with a response, or a promise of one.
    /// `arrived_at` is when the head came, in milliseconds since 1970, and `timer`, if there is one, rings a second later.
    #[must_use]
    pub fn serve(
        &self,
        request: web_sys::Request,
        content: Option<Vec<u8>>,
        arrived_at: f64,
        timer: Option<JsValue>,
        env: Env,
        ctx: worker_sys::Context,
    ) -> JsValue {
        let arrived_at = clock::of_js(arrived_at);
        let router = self.router.clone();
        promptly(async move {
            let response =
                http::serve(request, content, arrived_at, timer, &router, env, ctx).await?;
            Ok(response.into())
        })
    }

    /// Answers a request that was interrupted, as a rule by the end of its instance; it is called in the next one.
    /// `reason` is for the log.
    pub fn interrupted(
        &self,
        request: &web_sys::Request,
        arrived_at: f64,
        reason: String,
        env: &Env,
    ) -> Result<JsValue, JsValue> {
        let arrived_at = clock::of_js(arrived_at);
        Ok(http::interrupted(request, arrived_at, reason, &self.router, env)?.into())
    }

    /// The object of one caller's one key.
    #[must_use]
    pub fn coordinator(&self, state: worker_sys::DurableObjectState, env: Env) -> Coordinator {
        Coordinator::new(self.operations().clone(), state, env)
    }

    /// An object that adds up counts.
    #[must_use]
    pub fn telemetry(&self, state: worker_sys::DurableObjectState, env: Env) -> Telemetry {
        Telemetry::new(state, env)
    }
}
