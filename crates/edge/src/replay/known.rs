//! A request that is kept to recognize the same one, without looking into it.

use idempotency_core::{Request, digest::sha256};

/// How long a content may be, in bytes, that is kept whole. Of a longer one the digest is: to hash it takes a tenth of the time
/// that it takes to parse it.
const MAX_CONTENT_BYTES: usize = 16 * 1024;

/// A request, by which the same is recognized, byte for byte.
pub struct Known {
    /// Without its content, if that is long.
    request: Request,
    /// SHA-256 of a content that is long.
    digest: Option<[u8; 32]>,
}

impl Known {
    /// What is kept of `request`; nothing of one with header fields, which are others each time.
    pub fn of(request: &Request) -> Option<Self> {
        if !request.fields.is_empty() {
            return None;
        }
        let digest = digest_of(request);
        let request = if digest.is_none() {
            request.clone()
        } else {
            Request {
                method: request.method.clone(),
                base_url: request.base_url.clone(),
                path: request.path.clone(),
                query: request.query.clone(),
                variables: request.variables.clone(),
                fields: Vec::new(),
                body: Vec::new(),
            }
        };
        Some(Self { request, digest })
    }

    /// Whether `other` is the same.
    pub fn is(&self, other: &Request) -> bool {
        let Request {
            method,
            base_url,
            path,
            query,
            variables,
            fields,
            body,
        } = &self.request;
        let has_this_head = (method, base_url, path, query, variables, fields)
            == (
                &other.method,
                &other.base_url,
                &other.path,
                &other.query,
                &other.variables,
                &other.fields,
            );
        // A content is hashed last.
        has_this_head
            && if self.digest.is_none() {
                *body == other.body
            } else {
                self.digest == digest_of(other)
            }
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        let Request {
            path, query, body, ..
        } = &self.request;
        // Beside the path there are variables, of which each is a part of it.
        let parts = [path.len(), path.len(), query.len()];
        parts.into_iter().fold(body.len(), usize::saturating_add)
    }
}

/// The digest by which the content is recognized, if it is long.
fn digest_of(request: &Request) -> Option<[u8; 32]> {
    (request.body.len() > MAX_CONTENT_BYTES).then(|| sha256(&request.body))
}
