//! Snapshots, fingerprints, marks and digests against a real server.

mod boundaries;
mod cases;
mod contents;
mod mutations;
mod size;
mod support;
mod verdicts;
