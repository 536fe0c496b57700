//! The program as people and programs meet it: what it says, where, and with which exit code.

#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test that cannot be set up has failed, and what was said is long"
)]

mod amend;
mod apply;
mod backfill;
mod compare;
mod compare_fifty;
mod config;
mod conflicts;
mod connect;
mod docs;
mod documents;
mod drift;
mod enrol;
mod explain;
mod failure;
mod files;
mod help;
mod history;
mod interrupt;
mod kit;
mod lint;
mod lint_core;
mod lint_sandbox;
mod lint_target;
mod lock;
mod patterns;
mod plan;
mod promotion;
mod proof;
mod protect;
mod receipt;
mod recorder;
mod release;
mod rollback;
mod rule_pages;
mod sandbox;
mod standalone;
mod status;
mod streams;
mod verify;
mod world;
