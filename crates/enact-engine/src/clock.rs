//! The one place of the engine that reads the wall clock.

use enact_ledger::entry::Timestamp;

/// This machine's time, as records state it. What the server says of the time stands beside it in every entry.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_unix_micros(jiff::Timestamp::now().as_microsecond())
}
