//! Results as text and as documents.

pub mod backfill;
pub mod compare;
pub mod conflicts;
pub mod core;
pub mod drift;
pub mod explain;
pub mod failure;
pub mod history;
pub mod lint;
pub mod log;
pub mod plan;
pub mod proof;
pub mod release;
pub mod script;
pub mod status;
pub mod verify;
