//! What people get wrong: from what was sent to what is wrong with it, and what to do.
//!
//! These are words alone; whether a request is refused is decided elsewhere. Nothing that was sent is repeated in them,
//! but for what cannot be more than a short name.

mod key;
mod content_type;

pub use content_type::about_content_type;
pub use key::about_key;
