//! Releases of the core: what is in one, how it is packed, found, chosen and pinned.
//!
//! Nothing here talks to PostgreSQL, and nothing is asynchronous. The way of a release: the engine proves the core's
//! migrations and hands over a [`Manifest`] with the objects that each migration makes; [`mod@write`] makes a folder and an
//! archive of it; a [`Source`] offers it to sponsors; a [`Range`] chooses; a [`Lock`] pins it; [`Package`] is what
//! the lock names, checked byte for byte.

mod archive;
pub mod leave;
mod lock;
mod manifest;
mod objects;
mod package;
mod range;
pub mod receipt;
mod source;
mod wanted;
pub mod write;

pub use leave::{Action, Leave};
pub use lock::{Lock, LockError, LockedMigration};
pub use manifest::{Hotfix, Manifest, Previous, Proven, ReleasedFile, ReleasedMigration, Severity};
pub use objects::{NamedObject, Objects, ObjectsAfter};
pub use package::{Package, PackageError};
pub use range::{Range, RangeError, Version, parse_version};
pub use receipt::{Receipt, ReceiptError};
pub use source::{Offer, Source, SourceError, find, offers, withdrawn};
pub use wanted::{WantedError, wanted};
