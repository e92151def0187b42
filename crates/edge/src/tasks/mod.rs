//! Futures for JavaScript, and what they wait for.
//!
//! Promises of the platform and timers are told back by `packages/worker/tasks.js` with one call, `settled` of `run.rs`, in
//! which all goes on that waited for it. `wasm-bindgen-futures` would make two closures for each promise, and have the queue
//! of microtasks call a third.

mod told;
mod run;
mod numbered;

pub(crate) use run::connect;
pub use run::{Tasks, go_on, promptly};
pub use told::{Sleep, kept, ringing_with, sleep, within};
