//! An operation that is a request to an upstream.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use idempotency_core::{
    Request,
    lifecycle::{Finding, Fingerprint, Repeat, SavedResponse},
};

use super::{
    ambiguous::AmbiguousRule,
    fields::{Came, Fields, to_client, to_upstream},
    fingerprint::fingerprint_by,
    policy::{ForwardAs, InProgress, RouteRule},
    probe::{found, probe_fields, probe_url},
    status::is_final,
    target::{WrongPath, ours, url},
    upstream::{Body, Head, Sent, Upstream},
};
use crate::{
    operation::{
        CallerSource, Execution, FieldError, Operation, OperationError, ProbeTerms, Refusal,
    },
    settings::Retention,
    telemetry::Asking,
};

/// How this service calls itself in `Via`.
pub const VIA: &str = "edge-idempotency";

/// The longest body of a protected request. It goes to the object in one message.
const MAX_BODY_BYTES: usize = 10 << 20;

/// A request to an upstream, by the rules of a route.
#[derive(Debug)]
pub struct Forward {
    /// The name in records, logs and metrics.
    pub name: String,
    /// The rules.
    pub rule: RouteRule,
    /// Where it goes.
    pub upstream: Rc<Upstream>,
}

impl Operation for Forward {
    fn name(&self) -> &str {
        &self.name
    }

    fn retention(&self) -> Retention {
        Retention::Seconds(*self.rule.retention_s)
    }

    fn deadline_s(&self) -> Option<u64> {
        Some(self.upstream.timeout_s)
    }

    fn upstream(&self) -> Option<&str> {
        Some(&self.rule.upstream)
    }

    /// As long again as it may take: an answer that takes longer than that is as good as none, and each second of waiting
    /// is billed.
    fn grace_s(&self) -> Option<u64> {
        Some(self.upstream.timeout_s)
    }

    fn reads_fields(&self) -> bool {
        true
    }

    fn wait_s(&self) -> u64 {
        match *self.rule.in_progress {
            InProgress::Conflict | InProgress::Unavailable => 0,
            InProgress::WaitS(wait_s) => wait_s,
        }
    }

    fn in_progress_status(&self) -> u16 {
        match *self.rule.in_progress {
            InProgress::Unavailable => 503,
            InProgress::Conflict | InProgress::WaitS(_) => self.ambiguous_status(),
        }
    }

    /// Some senders of webhooks give an event up after 4xx. After 503 they send it again, and it is held again, until
    /// somebody knows better.
    fn ambiguous_status(&self) -> u16 {
        if self.rule.webhook.is_some() {
            503
        } else {
            409
        }
    }

    fn max_body_bytes(&self) -> Option<usize> {
        Some(MAX_BODY_BYTES)
    }

    fn repeat(&self) -> Repeat {
        match self.rule.ambiguous {
            AmbiguousRule::Resend => Repeat::Resend,
            AmbiguousRule::Probe(_) => Repeat::Probe,
            AmbiguousRule::Hold => Repeat::Never,
        }
    }

    fn probe_terms(&self) -> ProbeTerms {
        match &self.rule.ambiguous {
            AmbiguousRule::Probe(rule) => ProbeTerms {
                deadline_s: self.upstream.timeout_s,
                absent_after_s: rule.absent_after_s(self.upstream.timeout_s),
            },
            AmbiguousRule::Hold | AmbiguousRule::Resend => ProbeTerms::default(),
        }
    }

    fn probe<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<Finding, OperationError>> {
        Box::pin(async move {
            let AmbiguousRule::Probe(rule) = &self.rule.ambiguous else {
                return Ok(Finding::Unknown);
            };
            let request = execution.request;
            let key = execution.idempotency_key.unwrap_or_default();
            let url = probe_url(rule, &self.upstream.base, key, &execution.operation_id.0)
                .map_err(|error| OperationError::NotSent(error.to_string()))?;
            let fields = on_the_way(&probe_fields(request, &self.rule.caller), execution)?;
            let sent = Sent {
                url: &url,
                method: rule.method.as_str(),
                fields: self.changed(fields, execution)?,
                body: &[],
            };
            let max_bytes = self.rule.answer.max_bytes;
            let (head, body) = self.upstream.ask(sent, max_bytes, execution.env).await?;
            let response = match body {
                Body::Whole(body) => self.response(&head, body, &request.base_url),
                // Nobody waits for what is longer than may be kept.
                Body::Streamed(_) => self
                    .response(&head, Vec::new(), &request.base_url)
                    .without_content(),
            };
            match found(rule, response.clone()) {
                Finding::Done(done) => Ok(Finding::Done(self.kept(&done).unwrap_or(done))),
                Finding::Absent => Ok(Finding::Absent),
                Finding::Unknown => Err(OperationError::Unclear(response)),
            }
        })
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        self.url(request).map_err(|error| {
            Refusal::Invalid(vec![FieldError::parameter("path", error.to_string())])
        })?;
        Ok(fingerprint_by(self.rule.fingerprint.as_ref(), request))
    }

    fn execute<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>> {
        Box::pin(async move {
            let request = execution.request;
            let url = self
                .url(request)
                .map_err(|error| OperationError::NotSent(error.to_string()))?;
            let sent = Sent {
                url: &url,
                method: &request.method,
                fields: self.fields(execution)?,
                body: &request.body,
            };
            let max_bytes = self.rule.answer.max_bytes;
            let mut asking = Asking::new(&self.rule.upstream);
            let answered = self.upstream.ask(sent, max_bytes, execution.env).await;
            asking.ended(answered.as_ref().ok().map(|(head, _)| head.status));
            let (head, body) = answered?;
            let body = match body {
                Body::Whole(body) => body,
                Body::Streamed(body) => {
                    execution.streaming.put(body);
                    Vec::new()
                }
            };
            let response = self.response(&head, body, &request.base_url);
            self.judge(response, execution.follows_unknown)
        })
    }

    fn kept(&self, answer: &SavedResponse) -> Option<SavedResponse> {
        let is_kept = |name: &str| {
            let mut others = self.rule.answer.not_replayed.iter();
            let is_other = others.any(|other| other.eq_ignore_ascii_case(name));
            !is_other && !name.eq_ignore_ascii_case("set-cookie")
        };
        if answer.headers.iter().all(|(name, _)| is_kept(name)) {
            return None;
        }
        let mut kept = answer.clone();
        kept.headers.retain(|(name, _)| is_kept(name));
        Some(kept)
    }
}

impl Forward {
    fn url(&self, request: &Request) -> Result<String, WrongPath> {
        let rewrite = &self.rule.rewrite;
        let (path, query) = (&request.path, &request.query);
        url(
            &self.upstream.base,
            &rewrite.strip,
            &rewrite.prefix,
            path,
            query,
        )
    }

    fn ours(&self, location: &str, base_url: &str) -> Option<String> {
        ours(location, &self.upstream.base, &self.rule.rewrite, base_url)
    }

    /// The fields that the upstream gets.
    fn fields(&self, execution: &Execution<'_>) -> Result<Fields, OperationError> {
        let mut fields = on_the_way(&execution.request.fields, execution)?;
        let forwarded = &self.rule.forward_key;
        let is_key = |name: &str| {
            let names = [
                "idempotency-key",
                "x-idempotency-key",
                forwarded.field.as_str(),
            ];
            names.iter().any(|key| key.eq_ignore_ascii_case(name))
        };
        // A token of this service's own is not the upstream's to see.
        let is_token = |name: &str| {
            *self.rule.caller == CallerSource::Authenticated && name == "authorization"
        };
        fields.retain(|(name, _)| !is_key(name) && !is_token(name));
        let key = match forwarded.r#as {
            ForwardAs::Derived => Some(execution.operation_id.0.as_str()),
            ForwardAs::AsSent => execution.idempotency_key,
            ForwardAs::None => None,
        };
        fields.extend(key.map(|key| (forwarded.field.clone(), key.to_owned())));
        self.changed(fields, execution)
    }

    /// The fields with what the policy changes of them.
    fn changed(&self, fields: Fields, execution: &Execution<'_>) -> Result<Fields, OperationError> {
        self.upstream
            .changed(fields, execution.env)
            .map_err(OperationError::NotSent)
    }

    /// An answer as a client gets it.
    fn response(&self, head: &Head, body: Vec<u8>, base_url: &str) -> SavedResponse {
        SavedResponse {
            status: head.status,
            headers: to_client(&head.fields, |location| self.ours(location, base_url)),
            body,
        }
    }

    /// What an answer means for the record. Many APIs answer 409 to a request whose key belongs to one that runs: after an
    /// attempt that may still run, it says nothing final.
    fn judge(
        &self,
        response: SavedResponse,
        follows_unknown: bool,
    ) -> Result<SavedResponse, OperationError> {
        let status = response.status;
        if self.rule.is_not_executed(status) {
            Err(OperationError::Refused(response))
        } else if is_final(&self.rule.store, status) && !(follows_unknown && status == 409) {
            Ok(response)
        } else {
            Err(OperationError::Unclear(response))
        }
    }
}

/// The fields that pass, and by what way they came.
fn on_the_way(fields: &Fields, execution: &Execution<'_>) -> Result<Fields, OperationError> {
    let came = Came {
        address: execution.origin.ip_address.as_deref(),
        base_url: &execution.request.base_url,
        name: VIA,
    };
    to_upstream(fields, &came)
        .ok_or_else(|| OperationError::NotSent("the request goes in a circle".to_owned()))
}
