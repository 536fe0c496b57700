//! enact-engine
pub mod target;
