//! Runs against a real cluster: apply, roll back, fail, wait, resume.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod basics;
mod blockers;
mod kit;
mod losses;
