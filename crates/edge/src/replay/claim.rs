//! Finds the answer: in memory, from the object, or, where that is slow, away or without an answer, in KV.

use std::{
    future::{Future, pending},
    pin::pin,
};

use futures_util::future::{Either, select};
use idempotency_core::{Asked, Claimed, CompositeKey, Silence};
use worker::{Env, wasm_bindgen::JsValue, web_sys::ReadableStream};

use super::{Judgement, kv, memory};
use crate::{
    clock,
    coordinator::{self, Unreachable},
    settings::Settings,
    tasks::{ringing_with, sleep, within},
    telemetry::{Event, Tell},
};

/// After how many milliseconds without the object's reply KV is asked too. Longer than an operation usually
/// takes: a KV miss is billed, and remembered by that location for up to a minute. Of requests that have a timer, it has
/// been set when their head came: `SOON_MS` of `packages/worker/index.js`.
const HEDGE_MS: u64 = 1000;

/// How many milliseconds KV has: a client that the object has kept waiting is not kept by KV too.
const KV_DEADLINE_MS: u64 = 2000;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// A copy in this isolate's memory.
    Memory,
    /// The object itself.
    Object,
    /// A copy in KV.
    Kv,
}

impl Source {
    /// The name in log lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Object => "object",
            Self::Kv => "kv",
        }
    }
}

/// The reply to a request, and where it came from.
#[derive(Debug)]
pub struct Answered {
    /// The reply.
    pub reply: Result<Claimed, Silence>,
    /// Where it came from.
    pub source: Source,
    /// The body of the answer in it, if that is streamed.
    pub body: Option<ReadableStream>,
}

impl Answered {
    fn by_copy(found: Judgement, source: Source) -> Self {
        let claimed = match found {
            Judgement::Replay(record) => Claimed::Completed {
                record,
                replayed: true,
                passed_on: None,
            },
            Judgement::Mismatch => Claimed::Mismatch,
        };
        Self {
            reply: Ok(claimed),
            source,
            body: None,
        }
    }
}

/// Answers `asked`, for which the object has `deadline_ms`. `timer` rings when KV is to be asked too.
pub async fn claim(
    env: &Env,
    settings: &Settings,
    key: &CompositeKey,
    asked: &Asked,
    timer: Option<&JsValue>,
    deadline_ms: u64,
) -> Result<Answered, Unreachable> {
    let now = clock::now();
    if let Some(found) = memory::look_up(key, &asked.operation, asked.fingerprint, now) {
        return Ok(Answered::by_copy(found, Source::Memory));
    }
    let mut call = pin!(coordinator::claim(env, key, asked));
    let soon = timer.map_or_else(|| sleep(HEDGE_MS), ringing_with);
    let told = if let Either::Left((told, _)) = select(call.as_mut(), soon).await {
        told
    } else {
        let left_ms = deadline_ms.saturating_sub(now.ms_until(clock::now()));
        match first(within(left_ms, call), in_kv(env, settings, key, asked)).await {
            Either::Left(told) => told.unwrap_or(Err(Unreachable::Deadline)),
            Either::Right(answered) => return Ok(answered),
        }
    };
    let is_answered = matches!(told, Ok((Ok(_), _)));
    if !is_answered && let Some(answered) = in_kv(env, settings, key, asked).await {
        return Ok(answered);
    }
    told.map(|(reply, body)| Answered {
        reply,
        source: Source::Object,
        body,
    })
}

/// The call's end, or the hedge's if it finds something before.
async fn first<C, H>(
    call: impl Future<Output = C>,
    hedge: impl Future<Output = Option<H>>,
) -> Either<C, H> {
    let found = async {
        match hedge.await {
            Some(found) => found,
            None => pending().await,
        }
    };
    match select(pin!(call), pin!(found)).await {
        Either::Left((ended, _)) => Either::Left(ended),
        Either::Right((found, _)) => Either::Right(found),
    }
}

async fn in_kv(
    env: &Env,
    settings: &Settings,
    key: &CompositeKey,
    asked: &Asked,
) -> Option<Answered> {
    if !settings.copies.are_kept() {
        return None;
    }
    let look_up = kv::look_up(env, settings, key, &asked.operation, asked.fingerprint);
    let found = within(KV_DEADLINE_MS, look_up)
        .await?
        .unwrap_or_else(|error| {
            let reason = error.to_string();
            asked.tell(&Event::CopyFailed { reason });
            None
        });
    found.map(|found| Answered::by_copy(found, Source::Kv))
}
