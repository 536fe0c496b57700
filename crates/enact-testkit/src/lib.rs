//! Private clusters, hermetic environments and faults for Enact's tests.
//!
//! A test kit panics where a product would return an error: a test that cannot be set up has failed.

mod must;
mod pg;

pub use must::Must;
pub use pg::TestPg;
