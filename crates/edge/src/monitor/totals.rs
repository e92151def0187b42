//! What a monitor has added up, as the Worker asks for it.

use serde::{Deserialize, Serialize};

use super::state::State;
use crate::telemetry::{HeldKeys, Tally};

/// What all monitors have added up.
#[derive(Debug, Default)]
pub struct Totals {
    /// The sums.
    pub tally: Tally,
    /// The keys that are held.
    pub held: HeldKeys,
}

/// As a monitor writes it: releases before wrote the sums alone, and each release reads what the others write.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    held: &'a HeldKeys,
}

/// What is beside the sums.
#[derive(Deserialize)]
struct Beside {
    #[serde(default)]
    held: HeldKeys,
}

/// What this monitor has added up, as JSON.
pub fn totals(state: &State) -> serde_json::Result<Vec<u8>> {
    let State { tally, held, .. } = state;
    serde_json::to_vec(&Written { tally, held })
}

impl Totals {
    /// Adds what a monitor has written.
    pub fn add(&mut self, json: &[u8]) -> serde_json::Result<()> {
        self.tally.merge(&serde_json::from_slice(json)?);
        self.held
            .merge(&serde_json::from_slice::<Beside>(json)?.held);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::UnixMillis;

    use super::*;
    use crate::telemetry::{Event, Subject};

    #[test]
    fn each_release_reads_what_another_writes() {
        let subject = Subject {
            operation: Some("create_resource"),
            ..Subject::NONE
        };
        let mut state = State::default();
        state
            .tally
            .add(&subject, &Event::Executed { duration_ms: 1 });

        let mut of_both = Totals::default();
        of_both
            .add(&serde_json::to_vec(&state.tally).unwrap())
            .unwrap();
        of_both.add(&totals(&state).unwrap()).unwrap();

        assert_eq!(of_both.tally.all_requests(), 2);
        let written = totals(&state).unwrap();
        assert_eq!(
            serde_json::from_slice::<Tally>(&written).unwrap(),
            state.tally
        );
        assert_eq!(of_both.tally.records.count(UnixMillis(0)).ambiguous, 0);
    }
}
