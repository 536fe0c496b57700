//! What a migration would do to a running system, read from its text; pure and without I/O.
//!
//! [`lint`] judges one script. What it knows beside the script stands in a [`Context`]; what earlier files say of
//! the schema is [learned](Catalog::learn) from them. A rule that cannot be sure is silent.

mod allow;
mod ast;
mod catalog;
mod context;
mod finding;
mod learn;
mod linter;
mod locks;
mod names;
mod pair;
mod rule;
mod rules;
mod types;
mod wanted;

pub use catalog::{
    Catalog, Check, Column, Domain, ForeignKey, Function, Index, Relation, RelationKind, Volatility,
};
pub use context::{Context, Direction};
pub use finding::{Finding, Layer};
pub use linter::lint;
pub use names::Name;
pub use rule::{RULES, Rule, Severity, rule};
pub use wanted::{Wanted, wanted};
