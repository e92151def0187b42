//! How often may a caller ask? The platform counts, per caller and location (Cloudflare: Workers, "Rate
//! Limiting").

use idempotency_core::Scope;
use worker::{
    Env,
    js_sys::{Object, Reflect},
    wasm_bindgen::{JsCast, JsValue},
    worker_sys::RateLimiter,
};

use super::{
    auth::{Caller, authenticate, authenticate_page},
    exchange::Exchange,
    problem::Problem,
};
use crate::{
    operation::{CallerSource, Keyed},
    settings::{Auth, Settings},
    tasks::{kept, within},
    telemetry::{Event, tell},
};

/// The binding's name in wrangler.toml. Without the binding nothing is limited.
const BINDING: &str = "RATE_LIMITER";

/// The period of the binding, in seconds, which wrangler.toml sets: after as many, a caller may ask again.
const PERIOD_S: u64 = 10;

/// How long the limiter may think, in milliseconds. It counts where the Worker runs: it needs none of them.
const DEADLINE_MS: u64 = 500;

/// Who is calling, if it is known and does not send more than it may.
pub async fn known_caller(
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Caller, Problem> {
    let caller = authenticate(exchange, settings).await?;
    within_rate(&caller.scope, exchange, env).await?;
    Ok(caller)
}

/// Whose key it is on this route, if it is known and does not send more than it may.
pub async fn caller_of_route(
    route: &Keyed,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Caller, Problem> {
    let caller = match &route.caller {
        CallerSource::Authenticated => authenticate(exchange, settings).await?,
        CallerSource::Header(name) => match exchange.any_field(name) {
            Some(value) => Caller::by_field(name, &value),
            // Where callers are not checked, which is on this machine alone, there may be one without a name.
            None if settings.auth == Auth::Off => Caller::by_field(name, ""),
            None => return Err(Problem::caller_missing(name)),
        },
        CallerSource::Route => Caller::of_route(route.operation.name()),
    };
    within_rate(&caller.scope, exchange, env).await?;
    Ok(caller)
}

/// The same, where it may be a page of the service that asks.
pub async fn known_page(
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Caller, Problem> {
    let caller = authenticate_page(exchange, settings).await?;
    within_rate(&caller.scope, exchange, env).await?;
    Ok(caller)
}

/// Lets an operator through, and nobody else; a browser asks its user for the password.
pub async fn known_operator(
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<(), Problem> {
    let caller = known_page(exchange, settings, env).await;
    caller.map_err(Problem::with_password)?.operator()?;
    Ok(())
}

/// Refuses a request of a caller that sends more than it may. It counts each of them, whatever becomes of it.
///
/// A limiter that fails lets everything pass: it protects the service, and is not to take it down.
async fn within_rate(scope: &Scope, exchange: &Exchange, env: &Env) -> Result<(), Problem> {
    match is_within(scope, env).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::rate_limited(PERIOD_S)),
        Err(error) => {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::LimiterFailed { reason });
            Ok(())
        }
    }
}

async fn is_within(scope: &Scope, env: &Env) -> worker::Result<bool> {
    let binding = Reflect::get(env, &JsValue::from_str(BINDING))?;
    if binding.is_undefined() {
        return Ok(true);
    }
    let limiter: RateLimiter = binding.unchecked_into();
    let question = Object::new();
    Reflect::set(&question, &"key".into(), &scope.to_string().into())?;
    let outcome = within(DEADLINE_MS, kept(&limiter.limit(question)?)).await;
    let outcome = outcome.ok_or("it did not answer in time")??;
    Ok(Reflect::get(&outcome, &"success".into())?.is_truthy())
}
