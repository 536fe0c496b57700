//! enact-engine
