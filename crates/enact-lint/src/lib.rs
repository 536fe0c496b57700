//! What a migration would do to a running system, read from its text; pure and without I/O.
//!
//! [`lint`] judges one script. What it knows beside the script stands in a [`Context`]; what earlier files say of
//! the schema is [learned](Catalog::learn) from them. A rule that cannot be sure is silent.

mod allow;
mod ast;
mod catalog;
mod context;
mod finding;
mod layers;
mod learn;
mod linter;
mod locks;
mod lookup;
mod names;
mod pair;
mod rule;
mod rules;
mod shared;
mod touch;
mod trace;
mod types;
mod wanted;
mod written;

pub use catalog::{
    Catalog, Check, Column, ColumnUser, Domain, Extent, ForeignKey, Function, Index, Relation,
    RelationKind, Rewrite, RowChange, Sequence, UserKind, Volatility,
};
pub use context::{Context, Direction, Regulated};
pub use finding::{Finding, Layer, Sandbox};
pub use layers::{Learned, lint_for_target};
pub use linter::{lint, lint_and_learn};
pub use locks::strong_locks;
pub use names::Name;
pub use rule::{RULES, Rule, Severity, rule};
pub use shared::Shared;
pub use touch::{CoreNames, GivesLeave, Touch, touches};
pub use trace::{Seen, Trace, Work, compare};
pub use wanted::{Wanted, wanted};
pub use written::changed_rows;
