//! Keeps copies of a completed record for those who ask again, until they expire or an operator has them forgotten.

use std::rc::Rc;

use idempotency_core::{Asked, Claimed, CompositeKey};
use worker::{Env, worker_sys::Context};

use super::{
    Answered, Source,
    kv::{self, CopyError},
    memory,
};
use crate::{
    clock,
    settings::{Copies, Settings},
    tasks::go_on,
    telemetry::{Event, Tell},
};

/// Copies what the object answered: into memory always, into KV as `REPLAY_COPIES` says, and after the answer is on its
/// way.
pub fn publish(
    context: &Context,
    env: &Env,
    settings: &Rc<Settings>,
    key: CompositeKey,
    asked: &Asked,
    answered: &Answered,
) {
    let (
        Source::Object,
        Ok(Claimed::Completed {
            record,
            replayed,
            // Of a first answer that has more than is kept, the object alone has what is kept.
            passed_on: None,
        }),
    ) = (answered.source, &answered.reply)
    else {
        return;
    };
    let max_bytes = settings.replay_memory_bytes;
    let is_first = memory::keep(key, record, &asked.request, *replayed, max_bytes);
    let is_due = match settings.copies {
        Copies::On => !*replayed,
        Copies::Retried => *replayed && is_first,
        Copies::Off => false,
    };
    if !is_due {
        return;
    }
    let (env, settings) = (env.clone(), settings.clone());
    let (record, asked) = (record.clone(), asked.clone());
    let keeping = async move {
        if let Err(error) = kv::keep(&env, &settings, &key, &record, clock::now()).await {
            let reason = error.to_string();
            asked.tell(&Event::CopyFailed { reason });
        }
    };
    go_on(keeping, |promise| context.wait_until(promise));
}

/// Forgets the copies of `key` that can be reached: in this isolate's memory and in KV. Other isolates keep theirs until
/// they expire or leave.
pub async fn forget(env: &Env, settings: &Settings, key: &CompositeKey) -> Result<(), CopyError> {
    memory::forget(key);
    if settings.copies.are_kept() {
        kv::forget(env, key).await?;
    }
    Ok(())
}
