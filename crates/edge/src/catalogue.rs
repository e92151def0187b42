//! What each problem type is: the status, the title and what its page says.

/// A problem type (RFC 9457, section 4). Its `type` URI is `/problems/<slug>`, and that path answers.
#[derive(Debug, Eq, PartialEq)]
pub struct Definition {
    /// The last segment of its URI.
    pub slug: &'static str,
    /// The usual status.
    pub status: u16,
    /// The other statuses that it can have.
    pub other_statuses: &'static [u16],
    /// The same for every occurrence.
    pub title: &'static str,
    /// Whether the same request with the same key may succeed later without a change.
    pub retryable: bool,
    /// What it means.
    pub meaning: &'static str,
    /// What the client is to do.
    pub remedy: &'static str,
}

impl Definition {
    /// Every status that it can have, the usual one first.
    pub fn statuses(&self) -> impl Iterator<Item = u16> {
        let others = self.other_statuses.iter().copied();
        std::iter::once(self.status).chain(others)
    }
}

/// `idempotency-key-missing`
pub static KEY_MISSING: Definition = Definition {
    slug: "idempotency-key-missing",
    status: 400,
    other_statuses: &[],
    title: "An idempotency key is required",
    retryable: false,
    meaning: "The operation takes effect once per idempotency key, and the request has none.",
    remedy: "Make a UUID of version 4 for each operation that you want to happen, send it in the header \
             field X-Idempotency-Key or Idempotency-Key, and send the same one whenever you repeat the \
             request.",
};

/// `idempotency-key-invalid`
pub static KEY_INVALID: Definition = Definition {
    slug: "idempotency-key-invalid",
    status: 400,
    other_statuses: &[],
    title: "The idempotency key is invalid",
    retryable: false,
    meaning: "The key is not of the form that the route accepts: a UUID of version 4 in its usual form of 36 \
              characters (RFC 9562), unless the route says otherwise. The detail says what is wrong with it.",
    remedy: "Make the key with your platform's UUID function, such as crypto.randomUUID(), and send it as \
             it is, or in double quotes in the field Idempotency-Key.",
};

/// `idempotency-key-conflict`
pub static KEY_CONFLICT: Definition = Definition {
    slug: "idempotency-key-conflict",
    status: 400,
    other_statuses: &[],
    title: "The request names more than one idempotency key",
    retryable: false,
    meaning: "X-Idempotency-Key and Idempotency-Key differ, or one of them was sent twice.",
    remedy: "Send one key, in one of the two fields, once.",
};

/// `request-mismatch`
pub static REQUEST_MISMATCH: Definition = Definition {
    slug: "request-mismatch",
    status: 400,
    other_statuses: &[422],
    title: "The idempotency key was used for another request",
    retryable: false,
    meaning: "A request with this key and another payload, path, query or method came before. Nothing was \
              done for this one. The status is 422 if the key came in the field Idempotency-Key.",
    remedy: "To repeat the earlier request, send it unchanged. For a new operation, make a new key.",
};

/// `operation-in-progress`
pub static OPERATION_IN_PROGRESS: Definition = Definition {
    slug: "operation-in-progress",
    status: 409,
    other_statuses: &[503],
    title: "The operation is still running",
    retryable: true,
    meaning: "A request with this key and payload came before and has not ended yet. The status is 503 where clients \
              would not repeat a request after 409, such as on routes for webhooks.",
    remedy: "Send the same request again after the seconds in Retry-After, or send Prefer: wait=30 with it \
             and be answered when the operation ends.",
};

/// `malformed-json`
pub static MALFORMED_JSON: Definition = Definition {
    slug: "malformed-json",
    status: 400,
    other_statuses: &[],
    title: "The content is not JSON",
    retryable: false,
    meaning: "The content cannot be read as one JSON document (RFC 8259), or an object in it has two \
              members of one name, or it is deeper, longer or larger in parts than the service takes. The \
              key is still free.",
    remedy: "Correct the content. The detail says where reading ended and what is wrong there, or which bound it met.",
};

/// `validation-failed`
pub static VALIDATION_FAILED: Definition = Definition {
    slug: "validation-failed",
    status: 422,
    other_statuses: &[],
    title: "The request is not acceptable",
    retryable: false,
    meaning: "Something in the request breaks a rule of the operation. The key is still free.",
    remedy: "Correct what errors names: pointer is a place in the content, parameter a query parameter or \
             header field.",
};

/// `unsupported-media-type`
pub static UNSUPPORTED_MEDIA_TYPE: Definition = Definition {
    slug: "unsupported-media-type",
    status: 415,
    other_statuses: &[],
    title: "The content must be JSON",
    retryable: false,
    meaning: "The field Content-Type is missing or says something else than application/json in UTF-8, or \
              Content-Encoding says that the content is compressed. The key is still free.",
    remedy: "Send the JSON as it is, with Content-Type: application/json and without Content-Encoding.",
};

/// `payload-too-large`
pub static PAYLOAD_TOO_LARGE: Definition = Definition {
    slug: "payload-too-large",
    status: 413,
    other_statuses: &[],
    title: "The content is too large",
    retryable: false,
    meaning: "The content is longer than the service takes. The key is still free.",
    remedy: "Send at most the number of bytes in the detail.",
};

/// `request-timeout`
pub static REQUEST_TIMEOUT: Definition = Definition {
    slug: "request-timeout",
    status: 408,
    other_statuses: &[],
    title: "The content took too long",
    retryable: true,
    meaning: "The content came too slowly, or less of it than Content-Length said. The key is as it was.",
    remedy: "Send the same request again, over a new connection.",
};

/// `header-fields-too-large`
pub static HEADER_FIELDS_TOO_LARGE: Definition = Definition {
    slug: "header-fields-too-large",
    status: 431,
    other_statuses: &[],
    title: "A header field is too large",
    retryable: false,
    meaning: "A header field that the service reads is longer than it may be. The key is as it was.",
    remedy: "Shorten the field that the detail names.",
};

/// `not-found`
pub static NOT_FOUND: Definition = Definition {
    slug: "not-found",
    status: 404,
    other_statuses: &[],
    title: "There is nothing here",
    retryable: false,
    meaning: "There is no such path, or nothing of yours under it. What belongs to other callers looks the \
              same, and so does what has expired.",
    remedy: "Check the path, its case, and a slash at its end; /docs shows all paths, unless the Worker has no static \
             files. If the thing was made by a caller with a token, send that token.",
};

/// `method-not-allowed`
pub static METHOD_NOT_ALLOWED: Definition = Definition {
    slug: "method-not-allowed",
    status: 405,
    other_statuses: &[],
    title: "The path does not take this method",
    retryable: false,
    meaning: "The path exists and takes other methods.",
    remedy: "Use one of the methods in the field Allow.",
};

/// `unauthorized`
pub static UNAUTHORIZED: Definition = Definition {
    slug: "unauthorized",
    status: 401,
    other_statuses: &[],
    title: "A valid credential is required",
    retryable: false,
    meaning: "The field Authorization is missing, holds something that is no bearer token, or a token that is \
              not known here, has expired or was not meant for this service. On a route for webhooks, it is the \
              sender's signature that is missing, wrong or too old. The key is as it was.",
    remedy: "Send Authorization: Bearer and your token. If it has expired, get a new one: the caller stays \
             the same, and so do its keys.",
};

/// `forbidden`
pub static FORBIDDEN: Definition = Definition {
    slug: "forbidden",
    status: 403,
    other_statuses: &[],
    title: "This caller may not do this",
    retryable: false,
    meaning: "Either a browser asked, on behalf of a page of another origin, whether that page may call, and it \
              may not; or the request needs the role operator, and the token does not have it.",
    remedy: "Whoever runs the service can add the page's origin to the variable CORS_ALLOWED_ORIGINS, and make \
             a token with the role operator.",
};

/// `upgrade-required`
pub static UPGRADE_REQUIRED: Definition = Definition {
    slug: "upgrade-required",
    status: 426,
    other_statuses: &[],
    title: "This is told over a WebSocket only",
    retryable: false,
    meaning: "The path tells what happens as it happens, which a single answer cannot.",
    remedy: "Open a WebSocket (RFC 6455) at the path, or the dashboard, which does.",
};

/// `rate-limited`
pub static RATE_LIMITED: Definition = Definition {
    slug: "rate-limited",
    status: 429,
    other_statuses: &[],
    title: "Too many requests",
    retryable: true,
    meaning: "The caller sends more requests than it may. The key is as it was.",
    remedy: "Send the same request again after the seconds in Retry-After.",
};

/// `operation-failed`
pub static OPERATION_FAILED: Definition = Definition {
    slug: "operation-failed",
    status: 503,
    other_statuses: &[],
    title: "The operation did not end with an answer",
    retryable: true,
    meaning: "This attempt failed. Whether it had taken effect or not, the next one will not do it a second \
              time.",
    remedy: "Send the same request with the same key again after the seconds in Retry-After.",
};

/// `outcome-unknown`
pub static OUTCOME_UNKNOWN: Definition = Definition {
    slug: "outcome-unknown",
    status: 409,
    other_statuses: &[502, 503],
    title: "It is not known whether the operation took effect",
    retryable: false,
    meaning: "An attempt may have taken effect: it was interrupted, took too long, or got no answer from where it \
              went. It must not be repeated, so the key is held. The status is 502 for the attempt's own request, \
              409 for those after it, for which nothing was done, or 503 on routes for webhooks.",
    remedy: "Do not send the request with a new key: that could do it twice. Ask whoever runs the service, who can \
             resolve the key; once its look-up says so, send the same request with the same key again. If the request \
             had no key, look first whether its effect is there.",
};

/// `upstream-timeout`
pub static UPSTREAM_TIMEOUT: Definition = Definition {
    slug: "upstream-timeout",
    status: 504,
    other_statuses: &[],
    title: "The API behind this service took too long",
    retryable: true,
    meaning: "The API gave no whole answer in time. It may have done what was asked, and its late answer is still \
              awaited for a while.",
    remedy: "Send the same request with the same key again: nothing is done twice. It gets the API's answer if that has \
             come meanwhile. Do not use a new key: that could do it twice.",
};

/// `not-ambiguous`
pub static NOT_AMBIGUOUS: Definition = Definition {
    slug: "not-ambiguous",
    status: 409,
    other_statuses: &[],
    title: "The key has nothing to resolve",
    retryable: false,
    meaning: "An operator said that a key is completed or failed, and its status is not AMBIGUOUS: its attempt runs, it \
              is known what became of it, or somebody else has resolved it. The key is as it was.",
    remedy: "Look the key up. Any key can be forgotten, whatever its status.",
};

/// `service-unavailable`
pub static SERVICE_UNAVAILABLE: Definition = Definition {
    slug: "service-unavailable",
    status: 503,
    other_statuses: &[],
    title: "The service cannot answer at the moment",
    retryable: true,
    meaning: "The part of the service that knows the key did not answer, or the service is not set up \
              rightly. The operation may or may not have taken effect.",
    remedy: "Send the same request with the same key again after the seconds in Retry-After: it is safe, \
             and tells.",
};

/// `internal-error`
pub static INTERNAL_ERROR: Definition = Definition {
    slug: "internal-error",
    status: 500,
    other_statuses: &[],
    title: "Something is wrong with the service",
    retryable: false,
    meaning: "The service met something that it should not, and does not dare to go on.",
    remedy: "Tell whoever runs the service the correlation_id. Do not send the request with a new key: the \
             operation may have taken effect.",
};
