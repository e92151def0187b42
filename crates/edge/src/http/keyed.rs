//! A keyed request, from its key to its answer.

use std::rc::Rc;

use idempotency_core::{Asked, Claimed, IdempotencyKey, Silence, Variables, lifecycle::Status};
use worker::{Env, worker_sys::Context};

use super::{
    admit::{Identity, admit, read_request},
    answer::Answer,
    answer_field::AnswerField,
    auth::Caller,
    content::Content,
    exchange::Exchange,
    key::KeyField,
    passed::passed,
    problem::Problem,
    proxy_status,
    rate::caller_of_route,
    refuse::refuse,
    sent::{missing, sent},
    unkeyed::unkeyed,
};
use crate::{
    clock,
    operation::{CallerSource, Keyed, Operation},
    replay::{Answered, claim, publish},
    settings::Settings,
    telemetry::{Event, Subject, tell},
};

/// Answers a request of a keyed route, and reports how it ended.
pub async fn keyed(
    content: &mut Content,
    route: &Keyed,
    variables: Variables,
    exchange: &Exchange,
    settings: &Rc<Settings>,
    env: &Env,
    ctx: &Context,
) -> Answer {
    let operation = &*route.operation;
    let (sent, is_required) = sent(content, route, exchange, settings, env).await;
    let caller = caller_of_route(route, exchange, settings, env).await;
    if let (Ok(None), false, Some(passage)) = (&sent, is_required, &route.passage) {
        // Whoever authenticates callers elsewhere does so without a key too.
        let passed = match (&route.caller, caller) {
            (CallerSource::Authenticated, Err(problem)) => Err(problem),
            _ => passed(content, &**passage, exchange, settings, env).await,
        };
        return passed.unwrap_or_else(|problem| refuse(problem, exchange));
    }
    let sent = match sent {
        Ok(None) if !is_required => {
            return unkeyed(
                content, operation, variables, caller, exchange, settings, env,
            )
            .await;
        }
        sent => sent.and_then(|sent| sent.ok_or_else(|| missing(&route.key))),
    };
    let names = Names::of(&caller, &sent);
    let asked = enter(
        content, operation, variables, exchange, settings, caller, sent,
    )
    .await;
    let (answer, event) = match asked {
        Err(problem) => {
            let event = exchange.refused(&problem);
            (Err(problem), event)
        }
        Ok((identity, asked)) => {
            let key = identity.composite_key();
            let before_s = asked
                .wait_s
                .saturating_add(operation.probe_terms().deadline_s);
            let deadline_ms = settings.call_deadline_ms(operation.deadline_s(), before_s);
            let timer = exchange.timer();
            match claim(env, settings, &key, &asked, timer, deadline_ms).await {
                Ok(answered) => {
                    publish(ctx, env, settings, key, &asked, &answered);
                    let duration_ms = exchange.duration_ms();
                    let event = event_of(&answered, duration_ms);
                    let answer = answer(answered.reply, identity.field, operation);
                    (answer.map(|answer| answer.streaming(answered.body)), event)
                }
                Err(unreachable) => {
                    let duration_ms = exchange.duration_ms();
                    let reason = unreachable.to_string();
                    (
                        Err(Problem::unavailable()),
                        Event::Unreachable {
                            reason,
                            duration_ms,
                        },
                    )
                }
            }
        }
    };
    tell(names.subject(operation, exchange), &event);
    let answer = answer.unwrap_or_else(|problem| problem.answer(&exchange.correlation_id));
    match names.key {
        Some(key) => answer.with(AnswerField::Key, key),
        None => answer,
    }
}

/// May it enter, and as what? An error means that it was refused before it started.
async fn enter(
    content: &mut Content,
    operation: &dyn Operation,
    variables: Variables,
    exchange: &Exchange,
    settings: &Settings,
    caller: Result<Caller, Problem>,
    sent: Result<(IdempotencyKey, KeyField), Problem>,
) -> Result<(Identity, Asked), Problem> {
    let caller = caller?;
    let (key, field) = sent?;
    let identity = Identity { caller, key, field };
    let request = read_request(content, operation, variables, exchange, settings).await?;
    let asked = admit(request, operation, &identity, exchange, settings)?;
    Ok((identity, asked))
}

/// The names of what the request is about, as far as they are known.
struct Names {
    key: Option<String>,
    caller: Option<String>,
}

impl Names {
    fn of(
        caller: &Result<Caller, Problem>,
        sent: &Result<(IdempotencyKey, KeyField), Problem>,
    ) -> Self {
        Self {
            key: sent.as_ref().ok().map(|(key, _)| key.to_string()),
            caller: caller.as_ref().ok().map(|caller| caller.name.clone()),
        }
    }

    fn subject<'a>(&'a self, operation: &'a dyn Operation, exchange: &'a Exchange) -> Subject<'a> {
        Subject {
            idempotency_key: self.key.as_deref(),
            operation: Some(operation.name()),
            caller: self.caller.as_deref(),
            ..exchange.subject()
        }
    }
}

/// The event of a request that the object or a copy replied to.
fn event_of(answered: &Answered, duration_ms: u64) -> Event {
    match answered.reply {
        Ok(Claimed::Completed { replayed: true, .. }) => Event::Replayed {
            source: answered.source.name(),
            duration_ms,
        },
        Ok(Claimed::Completed {
            replayed: false, ..
        }) => Event::Executed { duration_ms },
        Ok(Claimed::InProgress { .. }) => Event::InProgress { duration_ms },
        Ok(Claimed::Mismatch) => Event::Mismatch { duration_ms },
        Ok(Claimed::Ambiguous { .. }) => Event::OutcomeUnknown { duration_ms },
        Ok(Claimed::Failed { .. } | Claimed::Superseded) => Event::Unanswered { duration_ms },
        Err(_) => Event::Unreachable {
            reason: "the object has no answer to give".to_owned(),
            duration_ms,
        },
    }
}

fn answer(
    reply: Result<Claimed, Silence>,
    field: KeyField,
    operation: &dyn Operation,
) -> Result<Answer, Problem> {
    match reply.map_err(Problem::silence)? {
        Claimed::Completed {
            record,
            replayed,
            passed_on,
        } => {
            let Status::Completed { response } = record.status else {
                return Err(Problem::internal());
            };
            let expires_at = clock::rfc3339(record.expires_at);
            let answer = Answer::saved(passed_on.unwrap_or(response))
                .with(AnswerField::ExpiresAt, expires_at);
            if !replayed {
                return Ok(answer);
            }
            let answer = answer.with(AnswerField::Replayed, "true");
            Ok(match record.trace_id {
                Some(trace_id) => answer.with(AnswerField::TraceId, trace_id),
                None => answer,
            })
        }
        Claimed::InProgress { expires_at } => Err(Problem::in_progress()
            .with_status(operation.in_progress_status())
            .with(AnswerField::ExpiresAt, clock::rfc3339(expires_at))),
        Claimed::Mismatch => Err(Problem::mismatch(field)),
        Claimed::Ambiguous {
            passed_on: Some(response),
            ..
        }
        | Claimed::Failed {
            passed_on: Some(response),
            ..
        } => {
            let received = proxy_status::received(response.status);
            Ok(Answer::saved(response).with(AnswerField::ProxyStatus, received))
        }
        Claimed::Ambiguous {
            expires_at,
            own,
            is_held,
            error,
            ..
        } => {
            let problem = Problem::ambiguous(own, is_held, error);
            let problem = if own {
                problem
            } else {
                problem.with_status(operation.ambiguous_status())
            };
            Err(problem.with(AnswerField::ExpiresAt, clock::rfc3339(expires_at)))
        }
        Claimed::Failed { expires_at, .. } => {
            Err(Problem::operation_failed()
                .with(AnswerField::ExpiresAt, clock::rfc3339(expires_at)))
        }
        Claimed::Superseded => Err(Problem::given_up()),
    }
}
