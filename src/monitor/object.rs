//! The Durable Object that adds up.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures_util::FutureExt;
use worker::{
    Delay, DurableObject, Env, Request, Response, State as ObjectState, WebSocketPair,
    WebSocketRequestResponsePair, durable_object, wasm_bindgen,
};

use super::{
    alerts::{change, judge},
    call::{Alerts, MonitorError, show},
    state::State,
    store::{Store, StoreError},
    told::Told,
    webhook::Delivery,
    window::Window,
};
use crate::{
    clock, instance,
    lifecycle::UnixMillis,
    promptly::bounded,
    settings::Settings,
    sync_kv::SyncKvError,
    telemetry::{Batch, Event, Subject, tell},
};

/// How long a monitor that is not the hub gathers before it shows the hub, in milliseconds.
const SHOW_PERIOD_MS: u64 = 1000;

/// How soon things are looked at again while something is wrong, in milliseconds, at most; a fourth of the window
/// if that is less.
const MAX_LOOK_MS: u64 = 10_000;

/// How a state takes in what has come.
type TakeIn = fn(&mut State, &Batch, UnixMillis);

/// One monitor.
#[durable_object(alarm)]
pub struct Telemetry {
    object: ObjectState,
    env: Env,
    store: Store,
    window: RefCell<Window>,
    /// What the hub is still to be shown.
    unshown: Rc<RefCell<Option<Batch>>>,
    /// Whether the webhook is being told.
    delivering: Cell<bool>,
}

#[derive(Debug, thiserror::Error)]
enum ObjectError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Storage(#[from] SyncKvError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    #[error(transparent)]
    Settings(#[from] crate::settings::WrongSetting),
    #[error(transparent)]
    Platform(#[from] worker::Error),
}

impl DurableObject for Telemetry {
    fn new(object: ObjectState, env: Env) -> Self {
        instance::watch();
        Self {
            store: Store::of(&object),
            object,
            env,
            window: RefCell::default(),
            unshown: Rc::default(),
            delivering: Cell::new(false),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        bounded(self.answer(request).boxed_local())
            .await
            .map_err(|aborted| aborted.to_string())?
            .map_err(|error| worker::Error::from(error.to_string()))
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let looked = bounded(self.look(None).boxed_local()).await;
        let looked = looked.map_err(|aborted| aborted.to_string())?;
        looked.map_err(|error| worker::Error::from(error.to_string()))?;
        Response::empty()
    }
}

impl Telemetry {
    /// Every branch that a request to a monitor can take.
    async fn answer(&self, mut request: Request) -> Result<Response, ObjectError> {
        let path = request.path();
        let (number, asked) = path
            .trim_start_matches('/')
            .split_once('/')
            .unwrap_or_default();
        match asked {
            "batch" => {
                let batch: Rc<Batch> = Rc::new(serde_json::from_slice(&request.bytes().await?)?);
                if number == "0" {
                    self.look(Some((&batch, State::add))).await?;
                } else {
                    self.store.change(|state| state.add(&batch, clock::now()))?;
                    self.show_soon(&batch);
                }
                Ok(Response::empty()?)
            }
            "shown" => {
                let batch: Rc<Batch> = Rc::new(serde_json::from_slice(&request.bytes().await?)?);
                self.look(Some((&batch, State::add_shown))).await?;
                Ok(Response::empty()?)
            }
            "totals" => Ok(Response::from_bytes(
                self.store
                    .read(|state| serde_json::to_vec(&state.tally))??,
            )?),
            "alerts" => {
                let rules = Settings::of(&self.env)?.rules;
                let alerts = self.store.read(|state| state.alerts.clone())?;
                Ok(Response::from_bytes(serde_json::to_vec(&Alerts {
                    alerts,
                    rules,
                })?)?)
            }
            "live" => self.connect(),
            _ => Ok(Response::error("", 404)?),
        }
    }

    /// Opens a dashboard's connection, and tells it all that there is.
    fn connect(&self) -> Result<Response, ObjectError> {
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        self.object.accept_web_socket(&server);
        // The platform answers this by itself: a page finds out whether its connection is alive, and wakes nobody.
        let pair =
            WebSocketRequestResponsePair::new("ping", "pong").map_err(worker::Error::from)?;
        self.object.set_websocket_auto_response(&pair);
        let snapshot = self.store.read(|state| {
            serde_json::to_string(&Told::Snapshot {
                now: clock::now(),
                tally: &state.all(),
                events: &state.events,
                alerts: &state.alerts,
            })
        })??;
        server.send_with_str(snapshot)?;
        Ok(Response::from_websocket(client)?)
    }

    /// Takes in what has come, looks at all there is with the rules, and tells whoever is to know.
    async fn look(&self, come: Option<(&Rc<Batch>, TakeIn)>) -> Result<(), ObjectError> {
        let settings = Settings::of(&self.env)?;
        let (rules, now) = (settings.rules, clock::now());
        let window_ms = rules.window_s.saturating_mul(1000);
        let sums = {
            let mut window = self.window.borrow_mut();
            if let Some((batch, _)) = come {
                window.add(batch.clone(), now);
            }
            window.forget(window_ms, now);
            window.sums()
        };
        let changed = self.store.change(|state| {
            if let Some((batch, take_in)) = come {
                take_in(state, batch, now);
            }
            let processing =
                u64::try_from(state.all().records.count(now).processing).unwrap_or_default();
            state.crowded_since =
                (processing > rules.stuck_keys).then(|| state.crowded_since.unwrap_or(now));
            let is_stuck = state
                .crowded_since
                .is_some_and(|since| since.ms_until(now) >= window_ms);
            let found = judge(&rules, &sums, if is_stuck { processing } else { 0 }, now);
            let (alerts, change) = change(&state.alerts, found);
            state.alerts = alerts;
            if settings.alert_webhook_url.is_some() {
                state.deliveries.extend(Delivery::of(&change));
            }
            change != super::alerts::Change::default()
        })?;
        self.broadcast(come.map(|(batch, _)| batch.as_ref()), changed, now)?;
        let is_busy = self.store.read(|state| {
            !state.alerts.is_empty()
                || !state.deliveries.is_empty()
                || state.crowded_since.is_some()
        })?;
        if is_busy {
            let look_ms = MAX_LOOK_MS.min(window_ms / 4);
            self.store.storage.ring_at(now.plus_ms(look_ms))?;
        }
        // The alarm is set by then: whatever becomes of this instance, what is still to be told will be.
        match &settings.alert_webhook_url {
            Some(url) if !self.delivering.replace(true) => {
                let delivered = self.deliver(url).await;
                self.delivering.set(false);
                delivered
            }
            Some(_) | None => Ok(()),
        }
    }

    fn broadcast(
        &self,
        batch: Option<&Batch>,
        alerts_changed: bool,
        now: UnixMillis,
    ) -> Result<(), ObjectError> {
        let sockets = self.object.get_websockets();
        if sockets.is_empty() {
            return Ok(());
        }
        let told = self.store.read(|state| {
            let alerts = &state.alerts;
            match batch {
                Some(batch) => Some(serde_json::to_string(&Told::Batch { now, batch, alerts })),
                None if alerts_changed => {
                    Some(serde_json::to_string(&Told::Alerts { now, alerts }))
                }
                None => None,
            }
        })?;
        let Some(told) = told.transpose()? else {
            return Ok(());
        };
        for socket in sockets {
            // One that is closing is no reason not to tell the others.
            let _ = socket.send_with_str(&told);
        }
        Ok(())
    }

    /// Tells the webhook what it is to know. What it does not take is told again when the alarm rings, and so is what
    /// it may have taken when the instance ended: it stays stored until it is known to be told.
    async fn deliver(&self, url: &str) -> Result<(), ObjectError> {
        for delivery in self.store.read(|state| state.deliveries.clone())? {
            let told = delivery.send(url).await;
            self.store
                .change(|state| state.settle(&delivery, told.is_ok()))?;
            if let Err(reason) = told {
                tell(Subject::NONE, &Event::WebhookFailed { reason });
            }
        }
        Ok(())
    }

    /// Shows the hub what has come here, at most once a second.
    fn show_soon(&self, batch: &Batch) {
        let is_promised = {
            let mut unshown = self.unshown.borrow_mut();
            let is_promised = unshown.is_some();
            unshown.get_or_insert_default().merge(batch);
            is_promised
        };
        if is_promised {
            return;
        }
        let env = self.env.clone();
        let delay = Delay::from(Duration::from_millis(SHOW_PERIOD_MS));
        let unshown = self.unshown.clone();
        let showing = async move {
            delay.await;
            if let Some(batch) = unshown.take()
                && let Err(error) = show(&env, &batch).await
            {
                let reason = error.to_string();
                tell(Subject::NONE, &Event::CountsLost { reason });
            }
        };
        self.object
            .wait_until(bounded(showing.boxed_local()).map(drop));
    }
}
