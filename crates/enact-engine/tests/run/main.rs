//! Runs against a real cluster: apply, roll back, fail, wait, resume.

mod basics;
mod kit;
