//! The variables that a deployment sets, which docs/configuration.md lists.
//!
//! A variable that is absent or empty has its default. One with a wrong value is refused with its name: a
//! guess could keep answers for the wrong time, or let in whom it should not.
//!
//! `variables` reads all of them; the files after it each know some.

mod variables;
mod values;
mod copies;
mod level;
mod retention;
mod rules;
mod urls;
mod tokens;
mod jwt;
#[cfg(test)]
mod any_url;

pub use copies::Copies;
pub use jwt::JwtIssuer;
pub use level::Level;
pub use retention::Retention;
pub use rules::Rules;
pub use tokens::{ApiToken, ApiTokens, Role};
pub use values::WrongSetting;
pub use variables::{Auth, Settings};
