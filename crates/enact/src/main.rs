//! Enact.

fn main() {}
