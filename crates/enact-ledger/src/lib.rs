//! The ledger of one target, as data: canonical records, the hash chain and Merkle tree over them, checkpoints, bundles, and their verification.
//!
//! The crate knows no database and no file: bytes come in by value or through [`std::io::BufRead`], typed results go out.
//! What is hashed is always the stored bytes, never a re-serialisation.
//!
//! The way of an entry: [`Entry::to_body`] gives a draft with [`PREV_PLACEHOLDER`] and [`SERVER_AT_PLACEHOLDER`]; the
//! database's append function puts the head's hash and its own clock there, hashes the result as [`hash_body`] does, and
//! stores it. [`verify()`] reads rows back.

pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod entry;
mod hash;
pub mod merkle;
mod scalar;
mod text;
pub mod verify;

pub use checkpoint::Checkpoint;
pub use entry::Actor;
pub use entry::Entry;
pub use entry::EntryError;
pub use entry::Fact;
pub use entry::Kind;
pub use entry::PREV_PLACEHOLDER;
pub use entry::SERVER_AT_PLACEHOLDER;
pub use entry::Tool;
pub use entry::hash_body;
pub use entry::stamp;
pub use hash::Hash;
pub use hash::ParseHashError;
pub use scalar::Algorithm;
pub use scalar::FileDigest;
pub use scalar::Identity;
pub use scalar::ScalarError;
pub use scalar::SqlState;
pub use scalar::SystemIdentifier;
pub use scalar::Timestamp;
pub use text::Text;
pub use verify::Failure;
pub use verify::FailureKind;
pub use verify::Report;
pub use verify::Stored;
pub use verify::Verifier;
pub use verify::verify;
