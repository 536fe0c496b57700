//! enact-ledger
