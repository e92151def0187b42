//! How much events matter, and from which on they are logged.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

/// How much an event matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Expected.
    Info,
    /// Expected to be rare; many of them mean that a client or a part of the platform is in trouble.
    Warning,
    /// A person is needed.
    Error,
}

thread_local! {
    static LOWEST: Cell<Level> = const { Cell::new(Level::Info) };
}

impl Level {
    /// Has what matters less than this left out of the log of this isolate.
    pub fn log_from_here(self) {
        LOWEST.set(self);
    }

    /// Whether what matters as much is logged: any event is, until the variables are known, and if they are wrong.
    #[must_use]
    pub fn is_logged(self) -> bool {
        self >= LOWEST.get()
    }
}
