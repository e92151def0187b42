//! Tokens whose signature was verified, so that it is verified once and not for each request. Pure: the time is an argument.
//!
//! Invariants:
//! - a token is found by its digest; the token itself is not stored;
//! - the number of tokens is bounded, and so is the size of each: a caller's name has at most 64 characters of a subject.

use idempotency_core::lifecycle::UnixMillis;

use super::{caller::Caller, jwt::Lifetime};

/// The buckets of the table. A digest is as good as random, so its first bytes choose one; a hash map would hash it again.
const BUCKETS: usize = 512;

/// How many tokens a bucket has: 4,096 in all, 2 MB at most. If a bucket is full, a new token replaces its oldest, whose
/// signature is verified again if it comes again.
const PER_BUCKET: usize = 8;

struct Token {
    digest: [u8; 32],
    caller: Caller,
    lifetime: Lifetime,
}

/// Tokens that the keys of one set have signed; in each bucket, the newest comes first.
pub struct Remembered([Vec<Token>; BUCKETS]);

impl Default for Remembered {
    fn default() -> Self {
        Self([const { Vec::new() }; BUCKETS])
    }
}

impl Remembered {
    /// The caller that the token with this digest names, if the token is remembered and valid at `now`.
    #[must_use]
    pub fn find(&self, digest: &[u8; 32], now: UnixMillis) -> Option<Caller> {
        let bucket = self.0.get(index_of(digest))?;
        let token = bucket.iter().find(|token| token.digest == *digest)?;
        token.lifetime.check(now).ok()?;
        Some(token.caller.clone())
    }

    /// Remembers a token by its digest. Its signature was verified.
    pub fn remember(&mut self, digest: [u8; 32], caller: Caller, lifetime: Lifetime) {
        let Some(bucket) = self.0.get_mut(index_of(&digest)) else {
            return;
        };
        // Concurrent requests with one token verify it each.
        if bucket.iter().any(|token| token.digest == digest) {
            return;
        }
        if bucket.len() == PER_BUCKET {
            bucket.pop();
        }
        let token = Token {
            digest,
            caller,
            lifetime,
        };
        bucket.insert(0, token);
    }
}

fn index_of(digest: &[u8; 32]) -> usize {
    let [first, second, ..] = *digest;
    usize::from(u16::from_le_bytes([first, second])) % BUCKETS
}

#[cfg(test)]
mod tests {
    use idempotency_core::digest::sha256;

    use super::*;

    #[test]
    fn a_token_names_its_caller_while_it_counts_and_no_other_does() {
        let mut tokens = Remembered::default();
        let lifetime = Lifetime {
            exp: 1000.0,
            nbf: Some(500.0),
        };

        tokens.remember([1; 32], caller(1), lifetime);

        // Half a minute of leeway on either side.
        for (now_ms, counts) in [
            (469_999, false),
            (470_000, true),
            (1_029_999, true),
            (1_030_000, false),
        ] {
            let found = tokens.find(&[1; 32], UnixMillis(now_ms));
            assert_eq!(found, counts.then(|| caller(1)), "at {now_ms}");
        }
        assert_eq!(tokens.find(&digest(1), UnixMillis(500_000)), None);
    }

    #[test]
    fn a_token_that_is_checked_twice_takes_one_place() {
        let mut tokens = Remembered::default();
        tokens.remember(digest(0), caller(0), FOREVER);

        for _ in 0..PER_BUCKET {
            tokens.remember(digest(1), caller(1), FOREVER);
        }

        assert_eq!(count(&tokens), 2);
        assert_eq!(find(&tokens, 0), Some(caller(0)));
    }

    #[test]
    fn of_tokens_in_one_bucket_the_one_checked_longest_ago_is_forgotten() {
        let mut tokens = Remembered::default();
        let same_bucket = |number| number * u32::try_from(BUCKETS).unwrap();
        let last = u32::try_from(PER_BUCKET).unwrap();

        for number in (0..=last).map(same_bucket) {
            tokens.remember(digest(number), caller(number), FOREVER);
        }

        assert_eq!(find(&tokens, same_bucket(0)), None);
        for number in (1..=last).map(same_bucket) {
            assert_eq!(find(&tokens, number), Some(caller(number)));
        }
    }

    #[test]
    fn a_thousand_tokens_are_remembered_and_a_hundred_thousand_are_not() {
        let mut tokens = Remembered::default();
        let of = |number: u32| sha256(&number.to_be_bytes());

        for number in 0..1000 {
            tokens.remember(of(number), caller(number), FOREVER);
        }
        assert!(count(&tokens) > 990);

        for number in 1000..100_000 {
            tokens.remember(of(number), caller(number), FOREVER);
        }
        assert_eq!(count(&tokens), BUCKETS * PER_BUCKET);
    }

    const FOREVER: Lifetime = Lifetime {
        exp: f64::MAX,
        nbf: None,
    };

    fn find(tokens: &Remembered, number: u32) -> Option<Caller> {
        tokens.find(&digest(number), UnixMillis(0))
    }

    fn count(tokens: &Remembered) -> usize {
        tokens.0.iter().map(Vec::len).sum()
    }

    /// A digest whose bucket is the number's remainder.
    fn digest(number: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_le_bytes());
        digest
    }

    fn caller(number: u32) -> Caller {
        Caller::by_subject("issuer", &number.to_string())
    }
}
