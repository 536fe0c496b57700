//! How large the next batch is: as large as fits into the time that its rows may stay locked.

use std::time::Duration;

use enact_sql::backfill::Options;

/// Rows, or pages, of a batch at least and at most.
const LEAST: u32 = 50;
const MOST: u32 = 50_000;
/// Rows that a page is taken to hold, before anything is known of it.
const ROWS_OF_PAGE: u32 = 50;

/// The size of batches, adapted to how long they take.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    size: u32,
    least: u32,
    aim: Duration,
}

impl Pace {
    /// Begins with what the author wrote; `pages` says whether pages are counted rather than rows.
    pub fn new(options: &Options, pages: bool) -> Self {
        let unit = if pages { ROWS_OF_PAGE } else { 1 };
        Self {
            size: (options.batch / unit).max(1),
            least: (LEAST / unit).min(options.batch / unit).max(1),
            aim: options.time,
        }
    }

    pub fn size(&self) -> u32 {
        self.size
    }

    /// A batch of this size took `time`.
    pub fn took(&mut self, time: Duration) {
        let factor = self.aim.as_secs_f64() / time.as_secs_f64().max(1e-6);
        let size = f64::from(self.size) * factor.clamp(0.5, 1.5);
        // Within the bounds of the type by the clamp.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to u32's range"
        )]
        let size = size.clamp(1.0, f64::from(MOST)) as u32;
        self.size = size.clamp(self.least, MOST);
    }

    /// A batch could not be done; `false` when it was as small as can be.
    pub fn halve(&mut self) -> bool {
        let smaller = (self.size / 2).max(self.least);
        std::mem::replace(&mut self.size, smaller) > smaller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(batch: u32) -> Pace {
        let mut options = Options::default();
        options.batch = batch;
        Pace::new(&options, false)
    }

    #[test]
    fn a_batch_grows_and_shrinks_towards_its_time() {
        let mut pace = pace(1000);
        pace.took(Duration::from_millis(25));
        assert_eq!(pace.size(), 1500, "no more than half as much again");
        pace.took(Duration::from_millis(60));
        assert_eq!(pace.size(), 1250);
        pace.took(Duration::from_secs(9));
        assert_eq!(pace.size(), 625, "no less than half");
        for _ in 0..100 {
            pace.took(Duration::ZERO);
        }
        assert_eq!(pace.size(), MOST);
        for _ in 0..100 {
            pace.took(Duration::from_secs(9));
        }
        assert_eq!(pace.size(), LEAST);
    }

    #[test]
    fn the_author_may_ask_for_less_than_the_least() {
        let mut pace = pace(3);
        assert_eq!(pace.size(), 3);
        assert!(!pace.halve());
        pace.took(Duration::from_secs(9));
        assert_eq!(pace.size(), 3);
    }

    #[test]
    fn a_refused_batch_is_tried_smaller_down_to_the_least() {
        let mut pace = pace(150);
        assert!(pace.halve());
        assert_eq!(pace.size(), 75);
        assert!(pace.halve());
        assert!(!pace.halve());
        assert_eq!(pace.size(), LEAST);
    }
}
