//! Futures for JavaScript, and what they wait for. `run` says how, and why not by `wasm-bindgen-futures`.

mod told;
mod run;
mod numbered;

pub(crate) use run::connect;
pub use run::{Tasks, go_on, promptly};
pub use told::{Sleep, kept, ringing_with, sleep, within};
