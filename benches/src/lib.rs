//! What the benchmarks share: measuring, the facts of the machine, and reports.

pub mod machine;
pub mod measure;
pub mod program;
pub mod report;
