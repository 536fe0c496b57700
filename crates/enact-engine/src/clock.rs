//! The one place of the engine that reads the wall clock.

use enact_ledger::Timestamp;

/// This machine's time, as records state it. What the server says of the time stands beside it in every entry.
#[must_use]
pub fn now() -> Timestamp {
    let text = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string();
    // A clock outside the years 1 to 9999 is recorded as the beginning of time rather than not at all.
    text.parse().unwrap_or(Timestamp::EPOCH)
}
