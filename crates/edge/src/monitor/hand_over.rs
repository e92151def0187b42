//! Hands over what this isolate has gathered: at most once a second, and never before an answer.

use std::cell::Cell;

use idempotency_core::lifecycle::UnixMillis;
use worker::{Env, js_sys::Promise, wasm_bindgen::JsValue};

use super::call::hand_over;
use crate::{
    clock,
    settings::Settings,
    tasks::{go_on, sleep},
    telemetry::{Event, Subject, gather_nothing, has_gathered, take_gathered, tell},
};

/// How long events are gathered before they are handed over, in milliseconds.
const PERIOD_MS: u64 = 1000;

/// After how long a handing over that was to come is believed dead, in milliseconds: whoever had promised it may
/// be gone, an object that was reset for one.
const OVERDUE_MS: u64 = 5000;

thread_local! {
    /// When somebody last promised to hand over, unless that is done.
    static PROMISED_AT: Cell<Option<UnixMillis>> = const { Cell::new(None) };
}

/// Sees to it that what was told gets handed over. `wait_until` is that of the request or the object.
pub fn hand_over_soon(
    env: &Env,
    settings: &Settings,
    wait_until: impl FnOnce(&Promise) -> Result<(), JsValue>,
) {
    if settings.telemetry_objects == 0 {
        gather_nothing();
        return;
    }
    let now = clock::now();
    let is_promised = PROMISED_AT
        .get()
        .is_some_and(|promised_at| now < promised_at.plus_ms(OVERDUE_MS));
    if is_promised || !has_gathered() {
        return;
    }
    PROMISED_AT.set(Some(now));
    let (env, objects) = (env.clone(), settings.telemetry_objects);
    let handing_over = async move {
        sleep(PERIOD_MS).await;
        PROMISED_AT.set(None);
        let Some(batch) = take_gathered() else {
            return;
        };
        if let Err(error) = hand_over(&env, objects, &batch).await {
            let reason = error.to_string();
            tell(Subject::NONE, &Event::CountsLost { reason });
        }
    };
    go_on(handing_over, wait_until);
}
