//! SHA-256 over parts that cannot run into each other.

use sha2::{Digest, Sha256};

/// The digest of `parts`, each preceded by its length in bytes as 64 bits, so that no two different lists
/// are hashed as the same bytes: `["ab", "c"]` is not `["a", "bc"]`.
#[must_use]
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// `bytes` in lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
