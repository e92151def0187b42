//! A question to another system: what became of an attempt of which nobody knows?

use std::rc::Rc;

use futures_util::FutureExt;
use idempotency_core::{
    Asked,
    lifecycle::{Claim, Finding, Probe, Record, Terms},
};

use super::{no_answer::NoAnswer, object::Object, running::Asking, settle::kept};
use crate::{
    operation::{Execution, Streaming},
    tasks::within,
    telemetry::{Event, Tell},
};

impl Object {
    /// Asks, or waits for who asks already, and decides by what was found. Nothing, if the record has become another
    /// meanwhile.
    pub(super) async fn probe(
        self: &Rc<Self>,
        probe: &Probe,
        asked: &Rc<Asked>,
        terms: Terms,
    ) -> Result<Option<(Record, Claim)>, NoAnswer> {
        let (probe, answer) = {
            let mut asking = self.asking.borrow_mut();
            let is_same = |asking: &&Asking| {
                (&asking.probe.operation_id, asking.probe.attempt)
                    == (&probe.operation_id, probe.attempt)
            };
            if let Some(asking) = asking.as_ref().filter(is_same) {
                (asking.probe.clone(), asking.answer.clone())
            } else {
                let answer = self.clone().ask(probe.clone(), asked.clone());
                let answer = answer.boxed_local().shared();
                *asking = Some(Asking {
                    probe: probe.clone(),
                    answer: answer.clone(),
                });
                (probe.clone(), answer)
            }
        };
        let finding = answer.await;
        let mut asking = self.asking.borrow_mut();
        if asking.as_ref().is_some_and(|asking| asking.probe == probe) {
            *asking = None;
        }
        self.decide_probed(&probe, finding, asked, terms)
    }

    async fn ask(self: Rc<Self>, probe: Probe, asked: Rc<Asked>) -> Finding {
        let Some(operation) = self.operations.find(&asked.operation) else {
            return Finding::Unknown;
        };
        let execution = Execution {
            request: &asked.request,
            operation_id: &probe.operation_id,
            begun_at: probe.begun_at,
            follows_unknown: true,
            idempotency_key: Some(&asked.idempotency_key),
            scope: &asked.scope,
            origin: &asked.origin,
            now: probe.asked_at,
            env: &self.env,
            streaming: &Streaming::default(),
        };
        let deadline_ms = operation.probe_terms().deadline_s.saturating_mul(1000);
        let answered = within(deadline_ms, operation.probe(&execution)).await;
        let (finding, reason) = match answered {
            Some(Ok(Finding::Done(response))) => {
                (Finding::Done(kept(response, &asked)), String::new())
            }
            Some(Ok(finding)) => (finding, String::new()),
            Some(Err(error)) => (Finding::Unknown, error.to_string()),
            None => (Finding::Unknown, "it did not answer in time".to_owned()),
        };
        asked.tell(&Event::Probed {
            attempt: probe.attempt,
            finding: finding.name(),
            reason,
        });
        finding
    }
}
