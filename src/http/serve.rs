//! The walk of one request, from its arrival to its answer.

use std::rc::Rc;

use idempotency_core::lifecycle::UnixMillis;
use uuid::Uuid;
use worker::{Context, Env, wasm_bindgen::JsValue, web_sys};

use super::{
    admit::sent_key,
    answer::Answer,
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
    pages,
    problem::Problem,
    rate::{known_caller, known_operator, known_page},
    resolution::resolve,
    route::{Target, route},
    send::send,
};
use crate::{
    monitor::hand_over_soon,
    operations::{ReadError, ReadFn, Reading, parse_query},
    settings::{Settings, WrongSetting},
    telemetry::{Event, Subject, tell},
};

/// Serves one request. Whatever happens, it has an answer.
///
/// `content` is the request's, if it has arrived.
pub async fn serve(
    request: web_sys::Request,
    content: Option<Vec<u8>>,
    arrived_at: UnixMillis,
    env: Env,
    ctx: Context,
) -> Result<web_sys::Response, JsValue> {
    let exchange = Exchange::of(&request, arrived_at);
    let mut content = Content::of(request, content);
    let settings = settings_for(&exchange, &env);
    let answered = match &settings {
        Ok(settings) => answer(&mut content, &exchange, settings, &env, &ctx).await,
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
        hand_over_soon(&env, settings, |task| ctx.wait_until(task));
    }
    send(&answer, &exchange, &allowed_origins(settings))
}

/// Answers a request that was interrupted: by a panic, its own or another's in the same instance, or because its
/// answer could not be made. `reason` is for the log.
pub fn interrupted(
    request: &web_sys::Request,
    arrived_at: UnixMillis,
    reason: String,
    env: &Env,
) -> Result<web_sys::Response, JsValue> {
    let exchange = Exchange::of(request, arrived_at);
    tell(exchange.subject(), &Event::Broken { reason });
    let key = sent_key(&exchange).ok().map(|(key, _)| key);
    let problem = match &key {
        Some(key) => Problem::unavailable().about(key),
        None => Problem::unavailable(),
    };
    let key = key.map(|key| key.to_string());
    let subject = Subject {
        idempotency_key: key.as_deref(),
        operation: keyed_operation(&exchange),
        ..exchange.subject()
    };
    tell(subject, &exchange.refused(&problem));
    let answer = problem.answer(&exchange.correlation_id);
    send(&answer, &exchange, &allowed_origins(Settings::of(env)))
}

fn keyed_operation(exchange: &Exchange) -> Option<&'static str> {
    match route(exchange.method(), &exchange.path) {
        Ok(Target::Keyed(operation)) => Some(operation.name),
        Ok(_) | Err(_) => None,
    }
}

/// The variables, if all of them are fit for where the service is called.
fn settings_for(exchange: &Exchange, env: &Env) -> Result<Rc<Settings>, WrongSetting> {
    let settings = Settings::of(env)?;
    match settings.local_only() {
        Some(wrong) if !exchange.is_local() => Err(wrong),
        Some(_) | None => Ok(settings),
    }
}

fn refuse(problem: Problem, exchange: &Exchange) -> Answer {
    tell(exchange.subject(), &exchange.refused(&problem));
    problem.answer(&exchange.correlation_id)
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
    settings: &Settings,
    env: &Env,
    ctx: &Context,
) -> Result<Answer, Problem> {
    if let Some(answer) = preflight(exchange, settings)? {
        return Ok(answer);
    }
    let caller = async || known_caller(exchange, settings, env).await;
    match route(exchange.method(), &exchange.path)? {
        Target::Keyed(operation) => {
            Ok(keyed(content, operation, exchange, settings, env, ctx).await)
        }
        Target::Read { read, id } => reading(&caller().await?, read, id, exchange, env).await,
        Target::KeyStatus(key) => {
            let caller = known_page(exchange, settings, env).await?;
            key_status(&caller, key, exchange, settings, env).await
        }
        Target::Resolution(key) => {
            let caller = known_page(exchange, settings, env).await?;
            resolve(caller, content, key, exchange, settings, env).await
        }
        Target::Example => {
            caller().await?;
            parse_query::<()>(&exchange.query).map_err(Problem::invalid)?;
            Ok(example(exchange, settings))
        }
        Target::Home => home(exchange, settings),
        Target::Health => Ok(pages::health()),
        Target::ProblemPage(kind) => Ok(pages::problem(kind)),
        Target::Operators(view) => show(view, exchange, settings, env).await,
        Target::OperatorsAsset(file) => {
            known_operator(exchange, settings, env).await?;
            asset(file, exchange, env).await
        }
        Target::Asset(file) => asset(file, exchange, env).await,
        Target::Options(allow) => Ok(pages::options(allow)),
    }
}

fn example(exchange: &Exchange, settings: &Settings) -> Answer {
    let key = |_: &str| Uuid::new_v4().to_string();
    Example::new(&exchange.base_url, settings, key).answer()
}

async fn reading(
    caller: &Caller,
    read: ReadFn,
    id: &str,
    exchange: &Exchange,
    env: &Env,
) -> Result<Answer, Problem> {
    let caller = caller.scope.to_string();
    let reading = Reading {
        caller: &caller,
        id,
        query: &exchange.query,
        env,
    };
    match read(&reading).await {
        Ok(Some(found)) => {
            let answer = Answer::json(found.json);
            Ok(match found.next {
                Some(query) => answer.with("Link", exchange.link(&query, "next")),
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
