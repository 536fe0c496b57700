//! Columns that move into a table of their own, which shares the key: both tables hold them until no release uses the
//! old place.

mod apart;
mod followers;
mod mirror;
mod refusals;

use super::column::{add_like, exists, sees_all};
use super::constraint;
use super::drop_column::rebuilt;
use super::sql::{allow, backfill, ident, idents, literal, prose, transaction};
use super::step::{COPIED, Part, SCHEMA_ONLY, Step, check};
use super::table::{Column, Table};
use super::{Asked, PatternError};
use apart::Apart;
use followers::Followers;
use mirror::Mirror;

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let table = asked.table;
    let moved = refusals::moved(table, asked.arguments)?;
    let keys = refusals::keys(table)?;
    let into = asked.arguments.into()?;
    let followers = Followers::of(table, &keys, &moved)?;
    let apart = Apart::of(table, &keys, &moved, into);
    let mirror = Mirror::of(
        table,
        &apart.table,
        &keys,
        &moved,
        &asked.probes.type_schemas,
    );
    let needed = |column: &&&Column| column.not_null && column.default.is_none();
    let split = Split {
        needed: moved.iter().filter(needed).copied().collect(),
        rebuilt: rebuilt(table, &moved)?,
        table,
        keys,
        moved,
        apart,
        mirror,
        followers,
    };
    let mut steps = vec![split.expand(), split.fill()];
    steps.extend(split.relax());
    steps.push(split.contract());
    Ok(steps)
}

struct Split<'a> {
    table: &'a Table,
    keys: Vec<&'a Column>,
    moved: Vec<&'a Column>,
    /// Moved columns that a release without them could not leave out of the table.
    needed: Vec<&'a Column>,
    apart: Apart<'a>,
    mirror: Mirror<'a>,
    followers: Followers<'a>,
    /// What goes with the columns, made again.
    rebuilt: Vec<Part>,
}

impl Split<'_> {
    fn names(&self) -> String {
        idents(self.moved.iter().map(|column| column.name.as_str()))
    }

    /// Stops where row-level security would hide rows, or refuse them.
    fn seen(&self) -> Vec<Part> {
        sees_all(self.table).into_iter().collect()
    }

    fn there(&self) -> String {
        let new = literal(&self.apart.table.sql());
        format!("pg_catalog.to_regclass({new}) IS NOT NULL")
    }

    fn expand(&self) -> Step {
        let (old, new) = (self.table.sql(), self.apart.table.sql());
        let mut up = self.seen();
        up.push(transaction(&self.apart.create()).into());
        let keys = self.apart.foreign_keys();
        up.extend(
            keys.iter()
                .map(|(_, add)| transaction(std::slice::from_ref(add)).into()),
        );
        up.push(transaction(&self.mirror.create()).into());
        up.push(check(self.there(), format!("{new} was not created")));
        let mut down: Vec<Part> = vec![transaction(&self.mirror.drop()).into()];
        down.extend(keys.iter().rev().map(|(name, _)| {
            let because = "a foreign key goes by locking both its tables";
            let gone = constraint::drop(&self.apart.table, name);
            transaction(&[allow("several-strong-locks", because, &gone)]).into()
        }));
        down.push(transaction(&[format!("DROP TABLE {new};")]).into());
        down.push(check(
            format!("NOT ({})", self.there()),
            format!("{new} is still there"),
        ));
        Step {
            words: format!("split {} off {}", self.apart.table.name, self.table.name),
            purpose: format!(
                "{new} is to hold {} of {old}, one row for each row, under the same key. Triggers keep both alike, whichever a \
                 release writes: what is written to {old} is in {new} at once, and a new row at the end of its transaction, unless \
                 the writer has made it by then. A release that reads {new} may run once the next migration has filled it; it \
                 makes the rows of both tables in one transaction.",
                self.names()
            ),
            impact: format!(
                "releases may write either table; TRUNCATE of {old} alone is refused from now on, and rows of {new} go with those of {old}"
            ),
            risk: "Low - short locks, no rewrite, no scan".to_owned(),
            compliance: SCHEMA_ONLY,
            up,
            down,
        }
    }

    fn differ(&self) -> String {
        format!(
            "rows differ in {} and {}",
            self.table.sql(),
            self.apart.table.sql()
        )
    }

    fn fill(&self) -> Step {
        let (old, new) = (self.table.sql(), self.apart.table.sql());
        let all = idents(
            self.keys
                .iter()
                .chain(&self.moved)
                .map(|column| column.name.as_str()),
        );
        let fill = format!(
            "INSERT INTO {new} ({all})\nSELECT {all} FROM {old} FOR KEY SHARE\nON CONFLICT DO NOTHING;"
        );
        let mut up = self.seen();
        up.push(backfill(&fill).into());
        up.push(check(self.mirror.agree(), self.differ()));
        let because = "every value is in the table that it came from";
        let emptied = allow("truncate", because, &format!("TRUNCATE {new};"));
        Step {
            words: format!("fill {} from {}", self.apart.table.name, self.table.name),
            purpose: format!(
                "Rows of {old} that were there before {new} get theirs in it, in batches. A row that is written meanwhile is \
                 right already."
            ),
            impact: format!("rows of {old}, a batch at a time, are locked against being deleted"),
            risk: "Low - short transactions; at the end every row is compared".to_owned(),
            compliance: COPIED,
            up,
            down: vec![
                emptied.into(),
                check(self.there(), format!("{new} is gone")),
            ],
        }
    }

    /// NOT NULL columns without a default could not be left out by a release that writes the new table.
    fn relax(&self) -> Option<Step> {
        if self.needed.is_empty() {
            return None;
        }
        let (old, new) = (self.table.sql(), self.apart.table.sql());
        let names = idents(self.needed.iter().map(|column| column.name.as_str()));
        let because = "the other table still refuses NULL, when the transaction ends at the latest";
        let relaxed = |column: &&Column| constraint::relax(self.table, &column.name, because);
        let up: Vec<String> = self.needed.iter().map(relaxed).collect();
        let mut down = self.seen();
        let required = |column: &&Column| constraint::require(self.table, &column.name);
        down.extend(self.needed.iter().flat_map(required).map(Part::from));
        Some(Step {
            words: format!("let {} go without {}", self.table.name, self.needed[0].name),
            purpose: format!(
                "A release that writes {names} to {new} leaves them out of {old}, so {old} does not insist on them any more. {new} \
                 does: a row without them is refused when its transaction ends."
            ),
            impact: "none: NULL is refused as before, by the other table".to_owned(),
            risk: "Low - a short lock, no scan".to_owned(),
            compliance: SCHEMA_ONLY,
            up: vec![
                up.join("\n").into(),
                check(
                    self.required("NOT "),
                    format!("{old} still insists on a column"),
                ),
            ],
            down,
        })
    }

    fn required(&self, not: &str) -> String {
        let one = |column: &&Column| {
            format!(
                "{not}{}",
                super::column::is_required(self.table, &column.name)
            )
        };
        let all: Vec<String> = self.needed.iter().map(one).collect();
        format!("({})", all.join("\n        AND "))
    }

    fn contract(&self) -> Step {
        let (table, new) = (self.table, &self.apart.table);
        let relation = table.sql();
        let gone: Vec<String> = self
            .moved
            .iter()
            .map(|column| format!("DROP COLUMN {}", ident(&column.name)))
            .collect();
        let mut swap = self.mirror.drop();
        swap.extend(self.apart.forced(true));
        swap.extend(self.followers.create(table, new));
        swap.push(allow(
            "drop-column",
            "every row holds the same in the other table, which was checked just before",
            &format!("ALTER TABLE {relation} {};", gone.join(", ")),
        ));
        let mut up = self.seen();
        up.push(check(self.mirror.agree(), self.differ()));
        up.extend(self.former_keys());
        up.push(transaction(&swap).into());
        let still = self
            .moved
            .iter()
            .map(|column| format!("NOT {}", exists(table, &column.name)));
        let still: Vec<String> = still.collect();
        up.push(check(
            format!("({})", still.join("\n        AND ")),
            format!("columns of {relation} are still there"),
        ));
        Step {
            words: format!("leave {} to {}", self.moved[0].name, new.name),
            purpose: format!(
                "{} of {relation} go, with the triggers that kept them alike: {} alone has them from now on. Apply it when no \
                 release and no function uses the columns of {relation} any more.{}",
                self.names(),
                new.sql(),
                self.followers.words(table, new)
            ),
            impact: format!("releases that use the columns of {relation} fail from now on"),
            risk: "Medium - a short lock, no scan under it; what still uses the columns fails"
                .to_owned(),
            compliance: "values move to the other table, none is lost",
            up,
            down: self.take_back(),
        }
    }

    /// Foreign keys of the old table, which the new one has too: each goes by itself, since it locks another table.
    fn former_keys(&self) -> Vec<Part> {
        let moves = |name: &String| self.moved.iter().any(|column| column.name == *name);
        let keys = self.table.constraints.iter().filter(|one| one.kind == "f");
        let keys = keys.filter(|one| one.columns.iter().any(moves));
        let gone = keys.map(|one| {
            let because = "a foreign key goes by locking both its tables";
            let gone = constraint::drop(self.table, &one.name);
            transaction(&[allow("several-strong-locks", because, &gone)]).into()
        });
        gone.collect()
    }

    /// Both tables again: the columns come back empty, kept alike from the start, and are filled.
    fn take_back(&self) -> Vec<Part> {
        let (table, new) = (self.table, &self.apart.table);
        let relation = table.sql();
        let mut begin = vec![self.mirror.lock()];
        begin.extend(self.followers.drop(new));
        begin.extend(self.apart.forced(false));
        for column in &self.moved {
            begin.extend(add_like(table, column, &column.name, &column.type_sql));
            begin.extend(column.default.as_ref().map(|default| {
                format!(
                    "ALTER TABLE {relation} ALTER COLUMN {} SET DEFAULT {default};",
                    ident(&column.name)
                )
            }));
        }
        begin.extend(self.mirror.create());
        let mut parts = self.seen();
        parts.push(
            prose("The columns come back behind all others, and get their values from the other table.").into(),
        );
        parts.push(transaction(&begin).into());
        parts.push(backfill(&self.mirror.refill()).into());
        let required = self
            .moved
            .iter()
            .filter(|column| column.not_null && column.default.is_some());
        let required = required.flat_map(|column| constraint::require(table, &column.name));
        parts.extend(required.map(Part::from));
        parts.extend(self.rebuilt.iter().cloned());
        parts.push(check(self.mirror.agree(), self.differ()));
        parts
    }
}
