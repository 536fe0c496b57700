//! A private, throw-away PostgreSQL cluster, and scratch databases on a server of somebody else.
//!
//! A [`Sandbox`] listens on a Unix socket in a directory of mode 0700 and nowhere else. It is gone,
//! files included, when its value is dropped or its process ends, even by SIGKILL.
//! [`Scratch`] gives "a fresh empty database" on either kind of server.

mod account;
mod cluster;
mod database;
mod directory;
mod error;
mod files;
mod installation;
mod options;
mod scratch;
mod template;
mod watchdog;

pub use account::Account;
pub use cluster::Sandbox;
pub use error::SandboxError;
pub use installation::{Installation, SearchPaths};
pub use options::{Durability, Options};
pub use scratch::{Dial, Scratch, ServerScratch, dial_without_tls};
pub use watchdog::Shutdown;
