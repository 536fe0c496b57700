//! A column of another name: both names work until no release uses the old one.

use super::column::{add_like, drop, exists, sees_all};
use super::dual::Dual;
use super::indexes;
use super::refusals::{existing, free, mirrored};
use super::sql::{allow, backfill, ident, prose, suffixed, transaction};
use super::step::{COPIED, Part, SCHEMA_ONLY, Step, check};
use super::table::{Column, Index, Table};
use super::{Asked, PatternError};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let table = asked.table;
    let column = existing(table, asked.arguments.column()?)?;
    let to = asked.arguments.to()?;
    free(table, to)?;
    mirrored(table, column)?;
    triggers_by_name(table, &column.name)?;
    let (forward, backward) = (ident(&column.name), ident(to));
    let series = Series {
        table,
        column,
        to,
        dual: Dual::new(table, column, to, forward, backward)?,
        indexes: indexes::copies(table, &column.name, to)?,
    };
    let mut steps = vec![series.expand(), series.fill()];
    steps.extend(series.index());
    steps.push(series.contract());
    Ok(steps)
}

/// A trigger function of the table that names the column would fail for every writer once it is gone.
pub(super) fn triggers_by_name(table: &Table, column: &str) -> Result<(), PatternError> {
    let by_name = |source: &str| {
        let source = source.to_lowercase();
        let name = column.to_lowercase();
        ["new", "old"].iter().any(|row| {
            [format!("{row}.{name}"), format!("{row}.\"{name}\"")]
                .iter()
                .any(|used| {
                    source.match_indices(used.as_str()).any(|(at, found)| {
                        let next = source[at + found.len()..].chars().next();
                        found.ends_with('"')
                            || next.is_none_or(|next| !(next.is_alphanumeric() || next == '_'))
                    })
                })
        })
    };
    match table
        .triggers
        .iter()
        .find(|trigger| by_name(&trigger.source))
    {
        None => Ok(()),
        Some(trigger) => Err(PatternError::refused(
            format!(
                "trigger {} of {} runs {}(), which uses the column by its name: it would work for one of two columns, and fail \
                 for every writer once `{column}` is gone",
                ident(&trigger.name),
                table.sql(),
                trigger.function
            ),
            "let the function do without the name first, in a migration of its own",
        )),
    }
}

struct Series<'a> {
    table: &'a Table,
    column: &'a Column,
    to: &'a str,
    dual: Dual<'a>,
    indexes: Vec<(Index, Index)>,
}

impl Series<'_> {
    fn add(&self) -> Vec<String> {
        add_like(self.table, self.column, self.to, &self.column.type_sql)
    }

    fn expand(&self) -> Step {
        let (table, to) = (self.table, self.to);
        let (old, new) = (table.shown(&self.column.name), table.shown(to));
        let mut up = self.add();
        up.extend(self.dual.create());
        let mut down = self.dual.drop();
        down.push(drop(table, to));
        Step {
            words: format!("add {to} beside {} of {}", self.column.name, table.name),
            purpose: format!(
                "{new} is to take the place of {old}. A trigger keeps both alike, whichever of them a release writes. A release \
                 that reads the new name may run once the next migration has filled it."
            ),
            impact: format!("{}: releases may write either name", table.sql()),
            risk: "Low - short locks, no rewrite, no scan".to_owned(),
            compliance: SCHEMA_ONLY,
            up: vec![
                up.join("\n").into(),
                check(exists(table, to), format!("{new} was not created")),
            ],
            down: vec![
                down.join("\n").into(),
                check(
                    format!("NOT {}", exists(table, to)),
                    format!("{new} is still there"),
                ),
            ],
        }
    }

    fn fill(&self) -> Step {
        let mut up: Vec<Part> = sees_all(self.table).into_iter().collect();
        up.push(backfill(&self.dual.fill()).into());
        up.push(check(self.dual.agree(), self.differ()));
        filling(self.table, &self.column.name, self.to, up, &self.add())
    }

    fn differ(&self) -> String {
        let (old, new) = (
            self.table.shown(&self.column.name),
            self.table.shown(self.to),
        );
        format!("rows differ in {old} and {new}")
    }

    fn index(&self) -> Option<Step> {
        let table = self.table;
        if self.indexes.is_empty() {
            return None;
        }
        let made = self.indexes.iter().map(|(_, copy)| copy);
        let up = made.clone().flat_map(|copy| indexes::create(table, copy));
        let down = made.flat_map(|copy| indexes::drop(table, copy));
        Some(Step {
            words: format!("index {} of {}", self.to, table.name),
            purpose: "Queries by the new name find the indexes that the old name has. They go with the last migration of the series, in \
                 which the old ones take the new name.".to_owned(),
            impact: "none: everybody reads and writes meanwhile".to_owned(),
            risk: "Low - the build waits for open transactions and reads the table twice"
                .to_owned(),
            compliance: SCHEMA_ONLY,
            up: up.collect(),
            down: down.collect(),
        })
    }

    fn contract(&self) -> Step {
        let (table, to) = (self.table, self.to);
        let (relation, old, new) = (table.sql(), ident(&self.column.name), ident(to));
        let because =
            "every row holds the same under the other name, which was checked just before";
        let mut swap = self.dual.drop();
        swap.push(allow("drop-column", because, &drop(table, to)));
        swap.push(allow(
            "rename-column",
            "no release uses the old name any more",
            &format!("ALTER TABLE {relation} RENAME COLUMN {old} TO {new};"),
        ));
        let mut up: Vec<Part> = sees_all(table).into_iter().collect();
        up.push(check(self.dual.agree(), self.differ()));
        up.push(transaction(&swap).into());
        up.push(check(
            format!("NOT {}", exists(table, &self.column.name)),
            format!("{} is still there", table.shown(&self.column.name)),
        ));
        Step {
            words: format!("give {} of {} the name {to}", self.column.name, table.name),
            purpose: format!(
                "The copy under the name {new} goes and the column itself takes that name, in one short transaction: constraints, \
                 indexes, views, policies, generated columns and foreign keys follow it. Apply it when no release and no function \
                 uses {old} any more. Views keep showing {old}, until they are replaced."
            ),
            impact: format!("releases that use {old} fail from now on"),
            risk: "Medium - a short lock, no scan under it; what still uses the old name fails"
                .to_owned(),
            compliance: SCHEMA_ONLY,
            up,
            down: self.take_back(),
        }
    }

    /// Both names again. A copy under the old name is filled first, and the names are exchanged at the end: no
    /// release reads an empty column meanwhile.
    fn take_back(&self) -> Vec<Part> {
        let (table, own, to) = (self.table, self.column.name.as_str(), self.to);
        let relation = table.sql();
        let copying = Dual {
            old: to,
            new: own,
            forward: self.dual.backward.clone(),
            backward: self.dual.forward.clone(),
            ..self.dual.clone()
        };
        let mut begin = add_like(table, self.column, own, &self.column.type_sql);
        begin.extend(copying.create());
        let aside = free_name(table, own);
        let renamed = [(to, aside.as_str()), (own, to), (&aside, own)].map(|(from, to)| {
            let (from, to) = (ident(from), ident(to));
            format!("ALTER TABLE {relation} RENAME COLUMN {from} TO {to};")
        });
        let mut exchange = renamed.to_vec();
        exchange.push(self.dual.function_text("CREATE OR REPLACE FUNCTION"));
        exchange.push(self.dual.comment());
        let mut parts: Vec<Part> = sees_all(table).into_iter().collect();
        parts.push(transaction(&begin).into());
        parts.push(backfill(&copying.fill()).into());
        for (original, copy) in &self.indexes {
            // The copy still has the old name.
            let named = Index {
                tail: original.tail.clone(),
                ..copy.clone()
            };
            parts.extend(indexes::create(table, &named));
        }
        parts.push(check(self.dual.agree(), self.differ()));
        parts.push(transaction(&exchange).into());
        parts
    }
}

/// A name for a column that nothing has.
fn free_name(table: &Table, stem: &str) -> String {
    let mut names = (1..).map(|count| suffixed(stem, &format!("_aside{count}")));
    let free = names.find(|name| table.column(name).is_none());
    free.unwrap_or_default()
}

/// The step that fills a mirrored column; its rollback makes the column anew, since to empty it would empty the other.
pub(super) fn filling(table: &Table, old: &str, to: &str, up: Vec<Part>, add: &[String]) -> Step {
    let shown = table.shown(to);
    let mut again = vec![allow(
        "rollback-loses-data",
        "every value is in the column beside it",
        &drop(table, to),
    )];
    again.extend_from_slice(add);
    Step {
        words: format!("fill {to} of {}", table.name),
        purpose: format!("Rows of {} that were there before {shown} get its value, in batches.", table.sql()),
        impact: format!("rows of {}, a batch at a time", table.sql()),
        risk: "Low - short transactions; rows that are right already are left alone".to_owned(),
        compliance: COPIED,
        up,
        down: vec![
            prose(&format!(
                "The column is made anew, empty. To set it to NULL would not do: the trigger would empty {} too.",
                table.shown(old)
            ))
            .into(),
            transaction(&again).into(),
            check(exists(table, to), format!("{shown} is gone")),
        ],
    }
}
