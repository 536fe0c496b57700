//! enact-engine

pub mod catalog;
