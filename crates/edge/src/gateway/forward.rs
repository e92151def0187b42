//! An operation that is a request to an upstream.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use idempotency_core::{
    Json, Request, digest_of_parts,
    lifecycle::{Fingerprint, Repeat, SavedResponse},
};

use super::{
    fields::{Came, Fields, to_client, to_upstream},
    policy::{AmbiguousRule, FingerprintRule, ForwardAs, InProgress, RouteRule},
    status::is_final,
    target::{WrongPath, ours, url},
    upstream::{Answered, Sent, Upstream},
};
use crate::{
    operation::{
        CallerSource, Execution, FieldError, Operation, OperationError, Refusal, fingerprint,
    },
    settings::Retention,
};

/// How this service calls itself in `Via`.
pub const VIA: &str = "edge-idempotency";

/// The longest body of a protected request. It goes to the object in one message.
const MAX_BODY_BYTES: usize = 10 << 20;

/// How much of an answer is read for the request that it is the first answer of. It lies in the isolate's memory several
/// times over.
const MAX_READ_BYTES: usize = 10 << 20;

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
            AmbiguousRule::Resend => Repeat::SameId,
            AmbiguousRule::Hold => Repeat::Never,
        }
    }

    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal> {
        self.url(request).map_err(|error| {
            Refusal::Invalid(vec![FieldError::parameter("path", error.to_string())])
        })?;
        Ok(self.fingerprint(request))
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
            let answered = self.upstream.ask(sent, MAX_READ_BYTES, execution.env).await;
            let answered =
                answered.map_err(|error| OperationError::Ambiguous(error.to_string()))?;
            self.judge(answered, &request.base_url)
        })
    }

    fn kept(&self, answer: &SavedResponse) -> Option<SavedResponse> {
        let is_too_long = answer.body.len() > self.rule.answer.max_bytes;
        let is_kept = |name: &str| {
            let mut others = self.rule.answer.not_replayed.iter();
            let is_other = others.any(|other| other.eq_ignore_ascii_case(name));
            !is_other && !name.eq_ignore_ascii_case("set-cookie")
        };
        if !is_too_long && answer.headers.iter().all(|(name, _)| is_kept(name)) {
            return None;
        }
        let mut kept = answer.clone();
        kept.headers.retain(|(name, _)| is_kept(name));
        Some(if is_too_long {
            kept.without_content()
        } else {
            kept
        })
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

    /// What makes the request the same as another.
    fn fingerprint(&self, request: &Request) -> Fingerprint {
        match &self.rule.fingerprint {
            Some(FingerprintRule::None) => fingerprint(&Request::default(), &[]),
            Some(FingerprintRule::Json { exclude }) => of_json(request, exclude),
            Some(FingerprintRule::Bytes) => fingerprint(request, &request.body),
            None => by_type(request),
        }
    }

    /// The fields that the upstream gets.
    fn fields(&self, execution: &Execution<'_>) -> Result<Fields, OperationError> {
        let request = execution.request;
        let came = Came {
            address: execution.origin.ip_address.as_deref(),
            base_url: &request.base_url,
            name: VIA,
        };
        let mut fields = to_upstream(&request.fields, &came)
            .ok_or_else(|| OperationError::NotSent("the request goes in a circle".to_owned()))?;
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
        let missing = || OperationError::NotSent("a secret of the policy is not there".to_owned());
        self.upstream
            .changed(fields, execution.env)
            .ok_or_else(missing)
    }

    /// What an answer means for the record.
    fn judge(&self, answered: Answered, base_url: &str) -> Result<SavedResponse, OperationError> {
        let status = answered.status;
        let headers = to_client(&answered.fields, |location| self.ours(location, base_url));
        let response = SavedResponse {
            status,
            headers,
            body: Vec::new(),
        };
        let response = match answered.body {
            Some(body) => SavedResponse { body, ..response },
            None => response.without_content(),
        };
        if self.rule.is_not_executed(status) {
            Err(OperationError::Refused(response))
        } else if is_final(&self.rule.store, status) {
            Ok(response)
        } else {
            Err(OperationError::Unclear(response))
        }
    }
}

/// As the content type says: JSON by its meaning, several parts by these, and everything else by its bytes.
fn by_type(request: &Request) -> Fingerprint {
    let content_type = request.field("content-type").unwrap_or_default();
    if is_json(content_type) {
        return of_json(request, &[]);
    }
    match digest_of_parts(content_type, &request.body) {
        Some(digest) => fingerprint(request, &digest),
        None => fingerprint(request, &request.body),
    }
}

/// By its meaning, or by its bytes if it is no JSON after all.
fn of_json(request: &Request, exclude: &[String]) -> Fingerprint {
    match Json::parse(&request.body) {
        Ok(json) => fingerprint(request, &json.without(exclude).canonical()),
        Err(_) => fingerprint(request, &request.body),
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let lower = media_type.to_ascii_lowercase();
    lower == "application/json" || lower.ends_with("+json")
}
