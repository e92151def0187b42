//! A request without a key, on a route that does not require one: its operation runs, once for each such request, and
//! nothing is remembered of it.

use idempotency_core::{Variables, lifecycle::OperationId};
use uuid::Uuid;
use worker::Env;

use super::{
    admit::{admitted, origin, read_request},
    answer::Answer,
    auth::Caller,
    content::Content,
    exchange::Exchange,
    problem::Problem,
};
use crate::{
    clock,
    operation::{Execution, Operation, OperationError, Streaming},
    settings::Settings,
    tasks::within,
    telemetry::{Event, Subject, tell},
};

/// Answers a request without a key.
pub async fn unkeyed(
    content: &mut Content,
    operation: &dyn Operation,
    variables: Variables,
    caller: Result<Caller, Problem>,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Answer {
    let name = caller.as_ref().ok().map(|caller| caller.name.clone());
    let ran = run(
        content, operation, variables, caller, exchange, settings, env,
    )
    .await;
    let duration_ms = exchange.duration_ms();
    let (answer, event) = match ran {
        Ok(Ok(answer)) => (answer, Event::Unkeyed { duration_ms }),
        Ok(Err(error)) => {
            let had_no_effect = error.as_ref().is_some_and(OperationError::had_no_effect);
            let problem = if had_no_effect {
                Problem::unkeyed_failed()
            } else {
                Problem::unkeyed_outcome_unknown()
            };
            let timed_out = || "it took longer than an attempt may".to_owned();
            let reason = error.map_or_else(timed_out, |error| error.to_string());
            let answer = problem.answer(&exchange.correlation_id);
            (
                answer,
                Event::UnkeyedFailed {
                    reason,
                    duration_ms,
                },
            )
        }
        Err(problem) => {
            let event = exchange.refused(&problem);
            (problem.answer(&exchange.correlation_id), event)
        }
    };
    let is_refused = matches!(event, Event::Refused { .. });
    let subject = Subject {
        // What is refused would count as a keyed request of the operation.
        operation: (!is_refused).then(|| operation.name()),
        caller: name.as_deref(),
        ..exchange.subject()
    };
    tell(subject, &event);
    answer
}

/// What the operation answers, or why it has no answer: nothing, if it took too long.
type Ran = Result<Answer, Option<OperationError>>;

/// An error means that the request was refused before its operation ran.
async fn run(
    content: &mut Content,
    operation: &dyn Operation,
    variables: Variables,
    caller: Result<Caller, Problem>,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> Result<Ran, Problem> {
    let caller = caller?;
    let request = read_request(content, operation, variables, exchange, settings).await?;
    admitted(operation, &request)?;
    let streaming = Streaming::default();
    let now = clock::now();
    let execution = Execution {
        request: &request,
        operation_id: &OperationId(Uuid::new_v4().to_string()),
        begun_at: now,
        follows_unknown: false,
        idempotency_key: None,
        scope: &caller.scope.to_string(),
        origin: &origin(exchange)?,
        now,
        env,
        streaming: &streaming,
    };
    let terms = settings.terms(
        operation.retention(),
        operation.deadline_s(),
        operation.repeat(),
    );
    let ended = within(terms.attempt_deadline_ms, operation.execute(&execution)).await;
    Ok(match ended {
        Some(answered) => answered.map_err(Some).map(|response| {
            let body = streaming.take().map(|body| body.after(&[]));
            Answer::saved(response).streaming(body)
        }),
        None => Err(None),
    })
}
