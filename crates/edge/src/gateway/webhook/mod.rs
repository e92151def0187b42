//! Routes that are for webhooks: what is known of a sender, and whether it has signed a request.

mod scheme;
mod preset;
mod rule;
mod fill_in;
mod check;
mod form;
mod adyen;
mod signed;
mod hmac;
mod verify;

pub use check::check;
pub use fill_in::fill_in;
pub use rule::WebhookRule;
pub use verify::Signatures;
