//! What operators see: metrics, alerts, and the connection of a dashboard.

use worker::Env;

use super::{
    answer::Answer, exchange::Exchange, head::RequestField, problem::Problem, rate::known_operator,
};
use crate::{
    clock,
    monitor::{self, MonitorError},
    operation::parse_query,
    settings::Settings,
    telemetry::{Event, tell},
};

/// What an operator asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum View {
    /// The metrics, for Prometheus.
    Metrics,
    /// The alerts that are raised.
    Alerts,
    /// A WebSocket that tells what happens.
    Live,
}

/// Shows `view` to an operator, and to nobody else.
pub async fn show(
    view: View,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    known_operator(exchange, settings, env).await?;
    if settings.telemetry_objects == 0 {
        return Err(Problem::not_found(
            "Nothing is counted: the variable TELEMETRY_OBJECTS is 0.",
        ));
    }
    if view == View::Alerts {
        parse_query::<()>(&exchange.query).map_err(Problem::invalid)?;
    }
    let shown = match view {
        View::Metrics => metrics(settings.telemetry_objects, env).await,
        View::Alerts => alerts(env).await,
        View::Live => {
            is_ours(exchange)?;
            live(env).await
        }
    };
    shown.map_err(|error| {
        let reason = error.to_string();
        tell(exchange.subject(), &Event::ReadFailed { reason });
        Problem::monitor_failed()
    })
}

async fn metrics(monitors: u32, env: &Env) -> Result<Answer, MonitorError> {
    let tally = monitor::totals(env, monitors).await?;
    let held = monitor::held(env).await?;
    let text = monitor::encode(&tally, &held, clock::now());
    Ok(Answer::new(200, monitor::CONTENT_TYPE, text.into_bytes()))
}

async fn alerts(env: &Env) -> Result<Answer, MonitorError> {
    Ok(Answer::json(monitor::alerts(env).await?))
}

async fn live(env: &Env) -> Result<Answer, MonitorError> {
    let response = monitor::live(env).await?;
    let socket = response.websocket();
    let socket = socket.ok_or_else(|| worker::Error::from("the monitor opened no connection"))?;
    Ok(Answer::socket(socket))
}

/// A browser lets any page open a connection to anywhere, with the credentials that it has for there; only the
/// service's own pages may. (RFC 6455, section 10.2.)
fn is_ours(exchange: &Exchange) -> Result<(), Problem> {
    let upgrade = exchange.field(RequestField::Upgrade)?;
    if upgrade.is_none_or(|upgrade| !upgrade.eq_ignore_ascii_case("websocket")) {
        return Err(Problem::upgrade_required());
    }
    exchange.is_ours()
}
