//! How often, how long and with what pauses a transaction is tried when it must wait for a lock.
//!
//! A statement that waits for a strong lock makes everybody behind it wait too, so tries are short and the
//! pauses between them longer. Only a waiter older than `deadlock_timeout` (one second by default) makes an
//! autovacuum worker yield, so one try in five is longer where such a worker is in the way.

use std::time::Duration;

/// The first pause; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Above PostgreSQL's default `deadlock_timeout`.
const OUTLAST_AUTOVACUUM: Duration = Duration::from_millis(1500);

/// Limits of the tries for one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `lock_timeout` of an ordinary try.
    pub lock_timeout: Duration,
    /// End what stands in the way once it has been waited for this long; never, if that is not asked for.
    pub cancel_blockers: Option<Duration>,
    /// All tries and pauses of one step together take no longer than this, give or take one try.
    pub budget: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_millis(100),
            cancel_blockers: None,
            budget: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// `lock_timeout` for try number `tries + 1`; `autovacuum` says whether such a worker was seen in the way.
    #[must_use]
    pub fn lock_timeout_after(&self, tries: u32, autovacuum: bool) -> Duration {
        if autovacuum && tries % 5 == 1 {
            self.lock_timeout.max(OUTLAST_AUTOVACUUM)
        } else {
            self.lock_timeout
        }
    }

    /// No pause is shorter. Pauses stay longer than tries, so that a queue can drain.
    #[must_use]
    pub fn shortest_pause(&self) -> Duration {
        self.lock_timeout + self.lock_timeout / 2
    }

    /// The pause after `tries` failed tries that took `spent` together, or `None` when the budget is used up.
    /// `jitter` is a random number that keeps two runners out of step.
    #[must_use]
    pub fn pause_after(&self, tries: u32, spent: Duration, jitter: u8) -> Option<Duration> {
        let longest = FIRST_PAUSE
            .saturating_mul(1 << tries.saturating_sub(1).min(10))
            .min(LONGEST_PAUSE);
        let shortest = longest / 2;
        let pause = shortest + (longest - shortest) * u32::from(jitter) / 255;
        let pause = pause.max(self.shortest_pause());
        (spent + pause <= self.budget).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_with_the_budget() {
        let limits = Limits::default();
        let first = limits.pause_after(1, Duration::ZERO, 255).unwrap();
        let fourth = limits.pause_after(4, Duration::ZERO, 255).unwrap();
        assert_eq!(first, Duration::from_millis(200));
        assert_eq!(fourth, Duration::from_millis(1600));
        assert_eq!(
            limits.pause_after(40, Duration::ZERO, 255),
            Some(LONGEST_PAUSE)
        );
        assert_eq!(limits.pause_after(4, limits.budget, 0), None);
    }

    #[test]
    fn a_pause_is_longer_than_a_try_whatever_the_jitter() {
        let limits = Limits {
            lock_timeout: Duration::from_secs(2),
            budget: Duration::from_secs(600),
            ..Limits::default()
        };
        for jitter in 0..=255 {
            assert!(limits.pause_after(1, Duration::ZERO, jitter).unwrap() > limits.lock_timeout);
        }
    }

    #[test]
    fn only_an_autovacuum_in_the_way_makes_a_try_longer() {
        let limits = Limits::default();
        assert_eq!(limits.lock_timeout_after(1, false), limits.lock_timeout);
        assert_eq!(limits.lock_timeout_after(1, true), OUTLAST_AUTOVACUUM);
        assert_eq!(limits.lock_timeout_after(2, true), limits.lock_timeout);
        assert_eq!(limits.lock_timeout_after(6, true), OUTLAST_AUTOVACUUM);
    }
}
