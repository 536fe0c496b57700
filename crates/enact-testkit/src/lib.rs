//! enact-testkit
