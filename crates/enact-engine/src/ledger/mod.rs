//! The ledger as it lives in a target: schema `enact`, reading, appending.

mod append;
mod guards;
mod install;
mod read;
pub(crate) mod recorder;

pub use append::{Appender, Author, Pending, RecordError};
pub use guards::{Guards, guards};
pub use install::{SCHEMA_VERSION, install_sql, upgrade_sql};
pub use read::{ReadError, fold, read, rows};
pub(crate) use read::{entry, is_not_installed};
