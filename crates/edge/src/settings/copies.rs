//! Which completed answers are copied into KV.

use super::values::{Environment, WrongSetting};

/// `REPLAY_COPIES`
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Copies {
    /// All, by their first request.
    On,
    /// Those that were asked for again, by a replay that the object answers.
    Retried,
    /// None, and none is looked for.
    Off,
}

impl Copies {
    /// Reads `REPLAY_COPIES`.
    pub(super) fn read(text: &impl Environment) -> Result<Self, WrongSetting> {
        const NAME: &str = "REPLAY_COPIES";
        match text(NAME).as_deref() {
            None | Some("on") => Ok(Self::On),
            Some("retried") => Ok(Self::Retried),
            Some("off") => Ok(Self::Off),
            Some(_) => Err(WrongSetting {
                name: NAME,
                rule: "on, retried or off",
            }),
        }
    }

    /// Whether KV can have any.
    #[must_use]
    pub const fn are_kept(self) -> bool {
        match self {
            Self::On | Self::Retried => true,
            Self::Off => false,
        }
    }
}
