//! Where a monitor keeps its state.

use std::cell::RefCell;

use worker::State as ObjectState;

use super::state::State;
use crate::{
    sync_kv::{SyncKv, SyncKvError},
    telemetry::{Event, Subject, tell},
};

/// The one key there is.
const STATE: &str = "monitor";

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The platform refused.
    #[error(transparent)]
    Storage(#[from] SyncKvError),
    /// It cannot be written.
    #[error("the sums cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The state, in memory and in the object's storage.
pub struct Store {
    /// The object's storage.
    pub storage: SyncKv,
    /// What is stored, once it was read.
    state: RefCell<Option<State>>,
}

impl Store {
    /// The state of `object`.
    #[must_use]
    pub fn of(object: &ObjectState) -> Self {
        Self {
            storage: SyncKv::of(object),
            state: RefCell::new(None),
        }
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        let mut state = self.state.borrow_mut();
        Ok(look(self.loaded(&mut state)?))
    }

    /// Changes what is stored. There is no await between reading and storing it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = self.state.borrow_mut();
        let state = self.loaded(&mut state)?;
        let result = change(state);
        self.storage.put(STATE, &serde_json::to_vec(state)?)?;
        Ok(result)
    }

    fn loaded<'a>(&self, state: &'a mut Option<State>) -> Result<&'a mut State, StoreError> {
        if state.is_none() {
            let stored = self.storage.get(STATE)?;
            // What another release has written and this one cannot read is of less worth than counting on.
            let read = stored.map(|bytes| serde_json::from_slice(&bytes));
            *state = Some(
                read.transpose()
                    .unwrap_or_else(|error| {
                        let reason =
                            format!("the sums of a monitor cannot be read and begin anew: {error}");
                        tell(Subject::NONE, &Event::Broken { reason });
                        None
                    })
                    .unwrap_or_default(),
            );
        }
        Ok(state.get_or_insert_default())
    }
}
