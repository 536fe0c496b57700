//! Results that a test cannot do without.

use std::error::Error;

/// Takes the value out, or fails the test with the whole chain of reasons.
pub trait Must<T> {
    /// The value.
    ///
    /// # Panics
    /// If there is an error, with its chain of causes.
    fn must(self, what: &str) -> T;
}

impl<T, E: Error> Must<T> for Result<T, E> {
    #[track_caller]
    fn must(self, what: &str) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("could not {what}: {}", chain(&error)),
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
