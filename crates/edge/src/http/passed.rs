//! A request that is not this service's own: it passes to another server as it is, and so does the answer.

use idempotency_core::{Request, Variables};
use worker::Env;

use super::{
    admit::origin, answer::Answer, auth::is_own_token, content::Content, exchange::Exchange,
    problem::Problem,
};
use crate::{
    operation::{Passage, PassageError},
    settings::Settings,
    telemetry::{Event, tell},
};

/// Passes the request on, and the answer back.
pub async fn passed(
    content: &mut Content,
    passage: &dyn Passage,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    let request = Request {
        base_url: exchange.base_url.clone(),
        method: exchange.method().to_owned(),
        path: exchange.path.clone(),
        query: exchange.query.clone(),
        variables: Variables::default(),
        fields: fields(exchange, settings)?,
        body: content.arrived(exchange)?,
    };
    let origin = origin(exchange)?;
    let address = origin.ip_address.as_deref();
    let passing = passage.pass(&request, content.unread(), address, env).await;
    // Its body is the upstream's now, or nobody's.
    content.put_back(Vec::new());
    match passing {
        Ok(response) => Ok(Answer::passed(response)),
        Err(PassageError::NotSent(detail)) => Err(Problem::bad_path(&detail)),
        Err(PassageError::Unconfigured(reason)) => {
            tell(exchange.subject(), &Event::Broken { reason });
            Err(Problem::unavailable())
        }
        Err(PassageError::Unanswered(error)) => {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::ReadFailed { reason });
            Err(Problem::upstream_failed())
        }
    }
}

/// Those of the request. A token of this service's own is nobody else's to see: after its user has opened the dashboard, a
/// browser sends it with everything.
fn fields(exchange: &Exchange, settings: &Settings) -> Result<Vec<(String, String)>, Problem> {
    let mut fields = exchange.all_fields();
    if is_own_token(exchange, settings)? {
        fields.retain(|(name, _)| name != "authorization");
    }
    Ok(fields)
}
