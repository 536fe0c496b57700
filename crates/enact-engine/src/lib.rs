//! Project, target, catalog, plan, apply, rollback, proof and sandbox: the domain of Enact.
//!
//! The engine returns typed results and emits events; it never prints, reads the process
//! environment or exits.

pub mod amend;
pub mod backfill;
pub mod baseline;
pub mod blockers;
pub mod catalog;
mod clock;
pub mod compare;
pub mod conflict;
mod connection;
pub mod core;
mod dependents;
pub mod drift;
pub mod enrol;
pub mod events;
pub mod exit;
pub mod explain;
pub mod history;
pub mod identity;
mod kept;
mod lease;
pub mod ledger;
pub mod live;
pub mod lock;
pub mod log;
pub mod loss;
pub mod observe;
pub mod ownership;
pub mod patterns;
pub mod person;
pub mod pipeline;
pub mod plan;
pub mod preview;
pub mod program;
pub mod project;
pub mod promotion;
pub mod proof;
mod quote;
pub mod receipt;
pub mod recorder;
pub mod release;
pub mod requirements;
pub mod run;
pub mod sandbox;
pub mod state;
pub mod status;
mod still;
pub mod stop;
pub mod target;
pub mod verify;
