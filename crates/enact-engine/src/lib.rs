//! enact-engine

pub mod sandbox;
