//! The target: where it is, how to reach it, who answers.
//!
//! [`conninfo`] turns a URL and an environment, both handed in by value, into a [`ConnInfo`]; [`connect`] opens
//! sessions with it; [`server`] and [`pooler`] say whether what answered may be worked on. Nothing here shows a
//! password: [`Secret`] has no way to print itself.

mod cancel;
mod cause;
pub mod connect;
pub mod conninfo;
mod env;
pub mod error;
mod invalid;
mod keyvalue;
mod params;
pub mod pgpass;
pub mod pooler;
mod resolve;
pub mod secret;
pub mod server;
mod service;
mod session;
mod settings;
#[cfg(test)]
mod tests;
pub mod tls;
mod url;
mod verify;

pub use cancel::Canceller;
pub use connect::{Connected, Link, LinkEnd, Notice, connect};
pub use conninfo::{Address, ConnInfo, ConnInfoError, Endpoint, Env, PasswordSource, Warning};
pub use error::{ConnectCause, ConnectError};
pub use pooler::PoolerSign;
pub use secret::{Secret, redact};
pub use server::{Purpose, Refusal, Server};
