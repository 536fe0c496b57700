//! enact-sql
