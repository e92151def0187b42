//! The walk of one request, from its arrival to its answer.

use std::rc::Rc;

use idempotency_core::{Variables, lifecycle::UnixMillis};
use uuid::Uuid;
use worker::{Env, wasm_bindgen::JsValue, web_sys, worker_sys::Context};

use super::{
    answer::Answer,
    answer_field::AnswerField,
    asset::asset,
    auth::Caller,
    content::Content,
    cors::preflight,
    example::Example,
    exchange::Exchange,
    home::home,
    key_status::key_status,
    keyed::keyed,
    operators::show,
    own_routes::Page,
    pages,
    passed::passed,
    problem::Problem,
    rate::{known_caller, known_operator, known_page},
    refuse::refuse,
    resolution::resolve,
    router::{Router, Target, no_such_path},
    send::send,
    sent::sent_key,
};
use crate::{
    monitor::hand_over_soon,
    operation::{Keyed, Read, ReadError, Reading, parse_query},
    settings::{Settings, WrongSetting},
    telemetry::{Event, Subject, tell},
};

/// Serves one request. Whatever happens, it has an answer.
///
/// `content` is the request's, if it has arrived. `timer`, if there is one, rings a second after its head came.
pub async fn serve(
    request: web_sys::Request,
    content: Option<Vec<u8>>,
    arrived_at: UnixMillis,
    timer: Option<JsValue>,
    router: &Router,
    env: Env,
    ctx: Context,
) -> Result<web_sys::Response, JsValue> {
    let exchange = Exchange::of(&request, arrived_at).with(timer);
    let mut content = Content::of(request, content);
    let settings = settings_for(&exchange, router, &env);
    let answered = match &settings {
        Ok(settings) => answer(&mut content, &exchange, router, settings, &env, &ctx).await,
        Err(wrong) => {
            let reason = wrong.to_string();
            tell(
                exchange.subject(),
                &Event::Broken {
                    reason: reason.clone(),
                },
            );
            Err(Problem::misconfigured(reason))
        }
    };
    let answer = answered.unwrap_or_else(|problem| refuse(problem, &exchange));
    content.let_send().await;
    if let Ok(settings) = &settings {
        hand_over_soon(&env, settings, |promise| ctx.wait_until(promise));
    }
    send(&answer, &exchange, &allowed_origins(settings))
}

/// Answers a request that was interrupted: by a panic, its own or another's in the same instance, or because its
/// answer could not be made. `reason` is for the log.
pub fn interrupted(
    request: &web_sys::Request,
    arrived_at: UnixMillis,
    reason: String,
    router: &Router,
    env: &Env,
) -> Result<web_sys::Response, JsValue> {
    let exchange = Exchange::of(request, arrived_at);
    tell(exchange.subject(), &Event::Broken { reason });
    let keyed = keyed_route(&exchange, router);
    let sent = keyed.and_then(|keyed| sent_key(&exchange, keyed.key.form).ok()?);
    let key = sent.map(|(key, _)| key);
    let problem = match (&key, keyed) {
        (Some(key), _) => Problem::unavailable().about(key),
        // Its operation may have run, and nothing keeps it from running again.
        (None, Some(route)) if !route.key.is_required => Problem::unkeyed_outcome_unknown(),
        (None, None) if is_passed(&exchange, router) => Problem::upstream_failed(),
        (None, _) => Problem::unavailable(),
    };
    let key = key.map(|key| key.to_string());
    let subject = Subject {
        idempotency_key: key.as_deref(),
        operation: keyed
            .filter(|_| key.is_some())
            .map(|keyed| keyed.operation.name()),
        ..exchange.subject()
    };
    tell(subject, &exchange.refused(&problem));
    let answer = problem.answer(&exchange.correlation_id);
    send(
        &answer,
        &exchange,
        &allowed_origins(router.operations.settings(env)),
    )
}

fn is_passed(exchange: &Exchange, router: &Router) -> bool {
    let found = router.route(exchange.method(), &exchange.path, exchange.host());
    matches!(found, Ok((Target::Passage(_), _)))
}

fn keyed_route<'a>(exchange: &Exchange, router: &'a Router) -> Option<&'a Keyed> {
    match router.route(exchange.method(), &exchange.path, exchange.host()) {
        Ok((Target::Keyed(keyed), _)) => Some(keyed),
        Ok(_) | Err(_) => None,
    }
}

/// The variables, if all of them are fit for where the service is called.
fn settings_for(
    exchange: &Exchange,
    router: &Router,
    env: &Env,
) -> Result<Rc<Settings>, WrongSetting> {
    let settings = router.operations.settings(env)?;
    match settings.local_only() {
        Some(wrong) if !exchange.is_local() => Err(wrong),
        Some(_) | None => Ok(settings),
    }
}

fn allowed_origins(settings: Result<Rc<Settings>, WrongSetting>) -> Vec<String> {
    settings
        .map(|settings| settings.allowed_origins.clone())
        .unwrap_or_default()
}

/// Every branch that a request can take.
async fn answer(
    content: &mut Content,
    exchange: &Exchange,
    router: &Router,
    settings: &Rc<Settings>,
    env: &Env,
    ctx: &Context,
) -> Result<Answer, Problem> {
    let found = router.route(exchange.method(), &exchange.path, exchange.host());
    // Who may call another server, that one says.
    let is_ours = !matches!(found, Ok((Target::Passage(_), _)));
    if is_ours && let Some(answer) = preflight(exchange, router, settings)? {
        return Ok(answer);
    }
    let (target, variables) = found?;
    match target {
        Target::Keyed(route) => {
            Ok(keyed(content, route, variables, exchange, settings, env, ctx).await)
        }
        Target::Read(read) => {
            let caller = known_caller(exchange, settings, env).await?;
            reading(&caller, read, &variables, exchange, env).await
        }
        Target::Page(page) => {
            let variable = first(&variables);
            show_page(page, variable, content, exchange, router, settings, env).await
        }
        Target::Passage(passage) => passed(content, passage, exchange, settings, env).await,
        Target::Options(allow) => Ok(pages::options(&allow)),
    }
}

/// The service's own pages have one variable in their paths at most.
fn first(variables: &Variables) -> &str {
    variables.0.first().map_or("", |(_, value)| value)
}

async fn show_page(
    page: Page,
    variable: &str,
    content: &mut Content,
    exchange: &Exchange,
    router: &Router,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    match page {
        Page::KeyStatus => {
            let caller = known_page(exchange, settings, env).await?;
            key_status(&caller, variable, exchange, router, settings, env).await
        }
        Page::Resolution => {
            let caller = known_page(exchange, settings, env).await?;
            resolve(caller, content, variable, exchange, router, settings, env).await
        }
        Page::Example => {
            known_caller(exchange, settings, env).await?;
            parse_query::<()>(&exchange.query).map_err(Problem::invalid)?;
            let key = |_: &str| Uuid::new_v4().to_string();
            Ok(Example::new(&exchange.base_url, &router.operations, settings, key).answer())
        }
        Page::Home => home(exchange, &router.operations, settings, env).await,
        Page::Health => Ok(pages::health(router.operations.version)),
        Page::ProblemType => pages::problem(variable),
        Page::Operators(view) => show(view, exchange, settings, env).await,
        Page::OperatorsAsset(file) => {
            known_operator(exchange, settings, env).await?;
            asset(file, exchange, env).await
        }
        Page::StartAsset(_) if !settings.has_start_page => Err(no_such_path()),
        Page::StartAsset(file) | Page::Asset(file) => asset(file, exchange, env).await,
    }
}

async fn reading(
    caller: &Caller,
    read: &Read,
    variables: &Variables,
    exchange: &Exchange,
    env: &Env,
) -> Result<Answer, Problem> {
    let scope = caller.scope.to_string();
    let reading = Reading {
        scope: &scope,
        variables,
        query: &exchange.query,
        env,
    };
    match (read.read)(&reading).await {
        Ok(Some(found)) => {
            let answer = Answer::json(found.json);
            Ok(match found.next {
                Some(query) => answer.with(AnswerField::Link, exchange.link(&query, "next")),
                None => answer,
            })
        }
        Ok(None) => Err(Problem::not_found(
            "There is nothing of yours with this id.",
        )),
        Err(ReadError::Invalid(errors)) => Err(Problem::invalid(errors)),
        Err(error @ (ReadError::Failed(_) | ReadError::Deadline)) => {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::ReadFailed { reason });
            Err(Problem::read_failed())
        }
    }
}
