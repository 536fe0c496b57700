//! `enact`: change control for PostgreSQL schemas, on the command line.
//!
//! This crate alone reads arguments, the environment and the terminal. It asks the engine, which answers
//! with values and events, and shows what came back.

mod arguments;
mod cli;
mod commands;
mod context;
mod error;
mod failure;
mod program;
mod reading;
mod render;
mod start;
mod ui;
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    start::start()
}
