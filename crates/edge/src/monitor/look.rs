//! What a monitor does whenever something comes, or its alarm rings: it takes in, judges, and
//! reports to dashboards and webhook.

use std::rc::Rc;

use idempotency_core::lifecycle::UnixMillis;

use super::{
    alerts::{Alert, Change, change, judge},
    held_alerts,
    object::{Monitor, ObjectError},
    state::{MAX_DELIVERIES, State},
    webhook::Delivery,
};
use crate::{
    clock,
    settings::Settings,
    telemetry::{Batch, Event, Subject, tell},
};

/// How soon things are looked at again while something is wrong, in milliseconds, at most; a fourth of the window
/// if that is less.
const MAX_LOOK_MS: u64 = 10_000;

/// How a state takes in what has come.
type TakeIn = fn(&mut State, &Batch, UnixMillis);

/// What a look has found.
struct Findings {
    have_alerts_changed: bool,
    /// When somebody has to look again, also if nothing comes.
    look_at: Option<UnixMillis>,
    has_deliveries: bool,
    dropped: usize,
}

impl Monitor {
    /// Takes in what has come, judges all there is by the rules, and reports to dashboards and webhook.
    pub fn look(self: &Rc<Self>, come: Option<(&Batch, TakeIn)>) -> Result<(), ObjectError> {
        let settings = self.settings()?;
        let now = clock::now();
        let window_ms = settings.rules.window_s.saturating_mul(1000);
        let look_ms = MAX_LOOK_MS.min(window_ms / 4);
        let found = self.judge(come, &settings, look_ms, now)?;
        self.tell_dashboards(come.map(|(batch, _)| batch), found.have_alerts_changed, now)?;
        if let Some(at) = found.look_at
            && self.rings_at.replace(at) != at
        {
            self.store.storage.ring_at(at)?;
        }
        self.tell_of_dropped(&found);
        // The alarm is set by then: should this instance end, the next one delivers.
        if let Some(url) = &settings.alert_webhook_url
            && found.has_deliveries
        {
            self.deliver_soon(url, look_ms, now);
        }
        Ok(())
    }

    fn judge(
        &self,
        come: Option<(&Batch, TakeIn)>,
        settings: &Settings,
        look_ms: u64,
        now: UnixMillis,
    ) -> Result<Findings, ObjectError> {
        let rules = settings.rules;
        let window_ms = rules.window_s.saturating_mul(1000);
        let mut window = self.window.borrow_mut();
        if let Some((batch, _)) = come {
            window.add(batch, window_ms, now);
        }
        window.forget(window_ms, now);
        let found = self.store.change(|state| {
            if let Some((batch, take_in)) = come {
                take_in(state, batch, now);
                state.held.merge(&batch.held);
                self.have_held_changed
                    .set(self.have_held_changed.get() || !batch.held.is_empty());
            }
            state.held.forget_expired(now);
            let processing = u64::try_from(state.records(now).processing).unwrap_or_default();
            state.crowded_since =
                (processing > rules.stuck_keys).then(|| state.crowded_since.unwrap_or(now));
            let is_stuck = state
                .crowded_since
                .is_some_and(|since| since.ms_until(now) >= window_ms);
            let stuck = if is_stuck { processing } else { 0 };
            let mut found = judge(&rules, window.sums(), stuck, now);
            found.extend(held_alerts::judge(&rules, &state.held, now));
            let (alerts, change) = change(&state.alerts, found);
            state.alerts = alerts;
            let dropped = match settings.alert_webhook_url {
                Some(_) => state.queue(Delivery::of(&change)),
                None => 0,
            };
            let has_deliveries = !state.deliveries.is_empty();
            let lasts = |alert: &Alert| alert.rule != held_alerts::RULE;
            let is_busy =
                has_deliveries || state.crowded_since.is_some() || state.alerts.iter().any(lasts);
            let soon = is_busy.then(|| now.plus_ms(look_ms));
            let later = held_alerts::changes_at(&rules, &state.held, now);
            Findings {
                have_alerts_changed: change != Change::default(),
                look_at: soon.into_iter().chain(later).min(),
                has_deliveries,
                dropped,
            }
        });
        Ok(found?)
    }

    /// Logs once that deliveries are dropped, until none waits.
    fn tell_of_dropped(&self, found: &Findings) {
        if !found.has_deliveries {
            self.has_dropped.set(false);
        }
        if found.dropped > 0 && !self.has_dropped.replace(true) {
            let reason = format!(
                "more than {MAX_DELIVERIES} alerts wait to be told: those that have waited longest are dropped"
            );
            tell(Subject::NONE, &Event::WebhookFailed { reason });
        }
    }
}
