//! The Durable Object that adds up.

use std::{
    cell::{Cell, OnceCell, RefCell},
    iter,
    rc::Rc,
};

use idempotency_core::lifecycle::UnixMillis;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Env, Request, Response, State as ObjectState, wasm_bindgen, web_sys, worker_sys};

use super::{
    call::{Alerts, MonitorError},
    gathered::Gathered,
    state::State,
    store::{Store, StoreError},
    window::Window,
};
use crate::{
    clock,
    outgoing::up_to,
    settings::{Settings, WrongSetting},
    sync_kv::SyncKvError,
    tasks::{go_on, promptly},
    telemetry::{Batch, MAX_BATCH_BYTES},
};

/// One monitor, as the platform knows it.
#[wasm_bindgen]
pub struct Telemetry(Rc<Monitor>);

/// One monitor.
pub struct Monitor {
    pub(super) object: ObjectState,
    pub(super) env: Env,
    settings: OnceCell<Result<Rc<Settings>, WrongSetting>>,
    pub(super) store: Store,
    pub(super) window: RefCell<Window>,
    /// What the hub is still to be shown.
    pub(super) unshown: Gathered,
    /// What open dashboards are still to be told.
    pub(super) untold: Gathered,
    /// When they were last told.
    pub(super) told_at: Cell<UnixMillis>,
    /// When the webhook may next be told. Far ahead, while it is being told.
    pub(super) deliver_at: Cell<UnixMillis>,
    /// For when the alarm was last set here.
    pub(super) rings_at: Cell<UnixMillis>,
    /// Whether open dashboards are still to be told which keys are held.
    pub(super) have_held_changed: Cell<bool>,
    /// Whether deliveries have been dropped, since the webhook was last told all.
    pub(super) has_dropped: Cell<bool>,
}

/// Why a monitor has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// What is kept could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The alarm could not be set.
    #[error(transparent)]
    Storage(#[from] SyncKvError),
    /// What came, or is to be said, is not JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Another monitor has no answer.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// A variable is wrong.
    #[error(transparent)]
    Settings(#[from] WrongSetting),
    /// The platform says so.
    #[error(transparent)]
    Platform(#[from] worker::Error),
    /// A batch is longer than any that is written here.
    #[error("a batch has more than {MAX_BATCH_BYTES} bytes")]
    TooLong,
    /// As many dashboards are open as there may be.
    #[error("{0} dashboards are open already")]
    Crowded(usize),
}

impl Telemetry {
    /// An object that the platform has made, or woken.
    #[must_use]
    pub fn new(object: worker_sys::DurableObjectState, env: Env) -> Self {
        let object = ObjectState::from(object);
        let monitor = Monitor {
            store: Store::of(&object),
            object,
            env,
            settings: OnceCell::new(),
            window: RefCell::default(),
            unshown: Gathered::default(),
            untold: Gathered::default(),
            told_at: Cell::new(UnixMillis(0)),
            deliver_at: Cell::new(UnixMillis(0)),
            rings_at: Cell::new(UnixMillis(0)),
            have_held_changed: Cell::new(false),
            has_dropped: Cell::new(false),
        };
        Self(Rc::new(monitor))
    }
}

#[wasm_bindgen]
impl Telemetry {
    /// A response, or a promise of one.
    #[must_use]
    pub fn fetch(&self, request: web_sys::Request) -> JsValue {
        let monitor = self.0.clone();
        promptly(async move {
            let answered = monitor.answer(request.into()).await;
            let response = answered.map_err(|error| JsValue::from(error.to_string()))?;
            Ok(web_sys::Response::from(response).into())
        })
    }

    /// The object's alarm rings.
    #[must_use]
    pub fn alarm(&self) -> JsValue {
        let monitor = self.0.clone();
        promptly(async move {
            // It may have rung too early, and then has to be set for the same time again.
            monitor.rings_at.set(UnixMillis(0));
            let looked = monitor.look(None);
            looked.map_err(|error| JsValue::from(error.to_string()))?;
            Ok(JsValue::UNDEFINED)
        })
    }
}

impl Monitor {
    /// Every branch that a request to a monitor can take.
    async fn answer(self: &Rc<Self>, mut request: Request) -> Result<Response, ObjectError> {
        let path = request.path();
        let (number, asked) = path
            .trim_start_matches('/')
            .split_once('/')
            .unwrap_or_default();
        match asked {
            "batch" => {
                let batch = batch_of(&mut request).await?;
                if number == "0" {
                    self.look(Some((&batch, State::add)))?;
                } else {
                    self.store.change(|state| state.add(&batch, clock::now()))?;
                    self.show_soon(&batch);
                }
                Ok(Response::empty()?)
            }
            "shown" => {
                let batch = batch_of(&mut request).await?;
                self.look(Some((&batch, State::add_shown)))?;
                Ok(Response::empty()?)
            }
            "totals" => Ok(Response::from_bytes(
                self.store
                    .read(|state| serde_json::to_vec(&state.tally))??,
            )?),
            "held" => Ok(Response::from_bytes(
                self.store.read(|state| serde_json::to_vec(&state.held))??,
            )?),
            "alerts" => {
                let rules = self.settings()?.rules;
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

    /// What the variables say that are not about operations.
    pub(super) fn settings(&self) -> Result<Rc<Settings>, WrongSetting> {
        let read = || Settings::of(&self.env, iter::empty()).map(Rc::new);
        self.settings.get_or_init(read).clone()
    }

    /// Runs what goes on after an answer.
    pub(super) fn go_on(&self, task: impl Future<Output = ()> + 'static) {
        go_on(task, |promise| self.object.as_raw().wait_until(promise));
    }
}

async fn batch_of(request: &mut Request) -> Result<Batch, ObjectError> {
    let json = up_to(MAX_BATCH_BYTES, &mut request.stream()?).await?;
    Ok(serde_json::from_slice(&json.ok_or(ObjectError::TooLong)?)?)
}
