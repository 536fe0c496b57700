//! The ledger as it lives in a target: schema `enact`, reading, appending.

mod append;
mod install;
mod read;

pub use append::{Appender, Author, Pending, RecordError};
pub use install::{SCHEMA_VERSION, install_sql};
pub use read::{ReadError, fold, read, rows};
