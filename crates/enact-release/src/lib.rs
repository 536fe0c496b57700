//! Releases of the core: what is in one, how it is packed, found, chosen and pinned.
//!
//! Nothing here talks to PostgreSQL, and nothing is asynchronous.

pub mod leave;
pub mod receipt;

pub use leave::{Action, Leave};
pub use receipt::{Receipt, ReceiptError};
