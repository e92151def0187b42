//! Durations, counted by how long they were.

use serde::{Deserialize, Serialize};

/// The upper bounds of the buckets, in milliseconds. The last bucket has none.
///
/// The platform's clock stands still while code runs and nothing is awaited, so that an answer from memory takes
/// 0 ms: finer bounds than one millisecond would tell nothing.
pub const BOUNDS_MS: [u64; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15_000];

/// How many buckets there are.
const BUCKETS: usize = BOUNDS_MS.len() + 1;

/// How many durations there were of each length.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Histogram {
    /// How many were in each bucket, up to its bound and over the one before.
    pub buckets: [u64; BUCKETS],
    /// All of them together, in milliseconds.
    pub sum_ms: u64,
}

impl Histogram {
    /// Counts one more.
    pub fn add(&mut self, duration_ms: u64) {
        let at = BOUNDS_MS
            .iter()
            .filter(|bound| duration_ms > **bound)
            .count();
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = bucket.saturating_add(1);
        }
        self.sum_ms = self.sum_ms.saturating_add(duration_ms);
    }

    /// Counts all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket = bucket.saturating_add(more);
        }
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
    }

    /// Takes off all of `other`, which was counted before.
    pub fn take_off(&mut self, other: &Self) {
        for (bucket, less) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket = bucket.saturating_sub(less);
        }
        self.sum_ms = self.sum_ms.saturating_sub(other.sum_ms);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |sum, bucket| sum.saturating_add(*bucket))
    }

    /// The bound, in milliseconds, that `share` (0 to 1) of the durations do not exceed; nothing if there are no
    /// durations, or it is beyond the last bound.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 53 bits"
    )]
    pub fn quantile_ms(&self, share: f64) -> Option<u64> {
        let wanted = self.count() as f64 * share;
        let mut seen = 0_u64;
        self.buckets
            .iter()
            .zip(BOUNDS_MS)
            .find_map(|(bucket, bound)| {
                seen = seen.saturating_add(*bucket);
                (seen > 0 && seen as f64 >= wanted).then_some(bound)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_under_its_bound() {
        let mut histogram = Histogram::default();
        for duration_ms in [0, 1, 2, 3, 15_000, 15_001] {
            histogram.add(duration_ms);
        }

        assert_eq!(
            histogram.buckets,
            [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
        );
        assert_eq!(histogram.sum_ms, 30_007);
        assert_eq!(histogram.count(), 6);
    }

    #[test]
    fn a_quantile_is_the_bound_that_so_many_do_not_exceed() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_ms(0.5), None);
        for duration_ms in 1..=100 {
            histogram.add(duration_ms);
        }

        assert_eq!(histogram.quantile_ms(0.0), Some(1));
        assert_eq!(histogram.quantile_ms(0.5), Some(50));
        assert_eq!(histogram.quantile_ms(0.99), Some(100));
        histogram.add(20_000);
        assert_eq!(histogram.quantile_ms(1.0), None);
    }
}
