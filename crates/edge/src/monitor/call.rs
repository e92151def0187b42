//! How the Worker speaks to the monitors.

use std::{future::poll_fn, task::Poll};

use futures_util::future::{FutureExt, LocalBoxFuture};
use js_sys::Uint8Array;
use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;
use worker::{Env, Headers, Request, Response, js_sys};

use super::Alert;
use crate::{
    outgoing,
    settings::Rules,
    tasks::within,
    telemetry::{Batch, HeldKeys, Tally},
};

/// The Durable Object binding's name in wrangler.toml.
const BINDING: &str = "TELEMETRY";

/// How long monitors have to answer, in milliseconds. Far longer than they need: one that takes as long has more to do
/// than it can.
const DEADLINE_MS: u64 = 5000;

/// A monitor did not do what it was asked.
#[derive(Debug, Error)]
pub enum MonitorError {
    /// The platform says so.
    #[error("a monitor did not answer: {0}")]
    Platform(#[from] worker::Error),
    /// It took too long.
    #[error("a monitor did not answer within {DEADLINE_MS} ms")]
    Deadline,
    /// It refused.
    #[error("a monitor answered with status {0}")]
    Status(u16),
    /// What it was sent, or said, is not to be read.
    #[error("a monitor's message cannot be written or read: {0}")]
    Json(#[from] serde_json::Error),
}

/// The alerts that are raised, and by which rules.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(example = Self::example())]
pub struct Alerts {
    /// Those that are raised.
    pub alerts: Vec<Alert>,
    /// The thresholds.
    pub rules: Rules,
}

impl Alerts {
    fn example() -> serde_json::Value {
        serde_json::json!({"alerts": [], "rules": Rules::default()})
    }
}

/// Hands `batch` over to one of the monitors: any of them, so that they share the work.
pub async fn hand_over(env: &Env, monitors: u32, batch: &Batch) -> Result<(), MonitorError> {
    let number = getrandom::u32().unwrap_or_default().checked_rem(monitors);
    post(env, number.unwrap_or_default(), "batch", batch).await
}

/// Shows the hub what another monitor was handed.
pub(super) async fn show(env: &Env, batch: &Batch) -> Result<(), MonitorError> {
    post(env, 0, "shown", batch).await
}

/// The sums of all monitors, which are asked at the same time.
pub async fn totals(env: &Env, monitors: u32) -> Result<Tally, MonitorError> {
    let calls = (0..monitors).map(|number| read(env, number, "totals").boxed_local());
    let mut sums = Tally::default();
    in_time(each(calls.collect(), |json| {
        sums.merge(&serde_json::from_slice(&json?)?);
        Ok(())
    }))
    .await?;
    Ok(sums)
}

/// The keys that are held, as far as the hub lists them. None, if it is of a release that does not know.
pub async fn held(env: &Env) -> Result<HeldKeys, MonitorError> {
    match in_time(read(env, 0, "held")).await {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(MonitorError::Status(404)) => Ok(HeldKeys::default()),
        Err(error) => Err(error),
    }
}

/// Does `next` with what each of the calls becomes, as it comes. (`try_join_all` is 2 kB of code.)
async fn each<T>(
    mut calls: Vec<LocalBoxFuture<'_, T>>,
    mut next: impl FnMut(T) -> Result<(), MonitorError>,
) -> Result<(), MonitorError> {
    poll_fn(move |context| {
        let mut done = Ok(());
        calls.retain_mut(|call| {
            let Poll::Ready(answer) = call.poll_unpin(context) else {
                return true;
            };
            if done.is_ok() {
                done = next(answer);
            }
            false
        });
        if done.is_err() || calls.is_empty() {
            Poll::Ready(done)
        } else {
            Poll::Pending
        }
    })
    .await
}

/// The [`Alerts`], as JSON.
pub async fn alerts(env: &Env) -> Result<Vec<u8>, MonitorError> {
    in_time(read(env, 0, "alerts")).await
}

/// Opens a WebSocket to the hub.
pub async fn live(env: &Env) -> Result<Response, MonitorError> {
    let headers = Headers::new();
    headers.set("Upgrade", "websocket")?;
    let init = outgoing::init();
    init.set_headers(&headers.0);
    let request = outgoing::request(&url(0, "live"), &init)?;
    in_time(fetch(env, 0, request)).await
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, MonitorError>>,
) -> Result<T, MonitorError> {
    let answer = within(DEADLINE_MS, answer).await;
    answer.unwrap_or(Err(MonitorError::Deadline))
}

async fn post(env: &Env, number: u32, path: &str, batch: &Batch) -> Result<(), MonitorError> {
    let body = Uint8Array::from(serde_json::to_vec(batch)?.as_slice());
    let request = outgoing::post(&url(number, path), &body)?;
    in_time(fetch(env, number, request)).await?;
    Ok(())
}

async fn read(env: &Env, number: u32, path: &str) -> Result<Vec<u8>, MonitorError> {
    let request = outgoing::request(&url(number, path), &outgoing::init())?;
    Ok(fetch(env, number, request).await?.bytes().await?)
}

async fn fetch(env: &Env, number: u32, request: Request) -> Result<Response, MonitorError> {
    let stub = env
        .durable_object(BINDING)?
        .get_by_name(&format!("monitor-{number}"))?;
    let answer = stub.fetch_with_request(request).await?;
    match answer.status_code() {
        101 | 200..=299 => Ok(answer),
        status => Err(MonitorError::Status(status)),
    }
}

/// The host is never looked up; the number tells the monitor which one it is.
fn url(number: u32, path: &str) -> String {
    format!("https://monitor/{number}/{path}")
}
