//! Project, target, catalog, plan, apply, rollback, proof and sandbox: the domain of Enact.
//!
//! The engine returns typed results and emits events; it never prints, reads the process
//! environment or exits.

pub mod exit;
pub mod pipeline;
pub mod project;
pub mod sandbox;
pub mod stop;
pub mod target;
