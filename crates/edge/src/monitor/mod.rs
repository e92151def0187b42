//! Stop 6, beside the walk: what those see who watch. A Durable Object adds up what isolates hand over, keeps it
//! across restarts, shows it to open dashboards, and raises alerts.
//!
//! Several objects can share the adding up; they are told apart by number. The sums of all are the whole. The
//! first one is the hub: it is shown what the others take in, and the dashboards are connected to it.
//!
//! The files stand in the order in which a batch meets them; `prometheus` writes the sums for whoever asks.
//!
//! Invariants:
//! - a batch is stored before it is confirmed or shown;
//! - nothing here is in a request's way: what fails, fails alone;
//! - what is kept has a bound, in memory and stored, whatever comes and whoever does not answer.

mod hand_over;
mod call;
mod object;
mod gathered;
mod look;
mod window;
mod alerts;
mod held_alerts;
mod state;
mod store;
mod show;
mod dashboards;
mod told;
mod deliver;
mod webhook;
mod exposition;
mod prometheus;

pub use alerts::Alert;
pub use call::{Alerts, MonitorError, alerts, held, live, totals};
pub use exposition::CONTENT_TYPE;
pub use hand_over::hand_over_soon;
pub use object::Telemetry;
pub use prometheus::encode;
