//! Private clusters, hermetic environments and faults for Enact's tests.
//!
//! A test kit panics where a product would return an error: a test that cannot be set up has failed.

mod env;
mod must;
mod pg;
mod proxy;

pub use env::{Output, Running, Signal, TestEnv};
pub use must::Must;
pub use pg::TestPg;
pub use proxy::{Cut, Direction, Moment, Proxy, Stats, Upstream};
