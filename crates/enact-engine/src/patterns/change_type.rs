//! A column of another type: a column of the new type grows beside it and takes its name in one short transaction.

use enact_sql::rename;

use super::column::{add_like, drop, exists, sees_all};
use super::copied::Copied;
use super::dual::Dual;
use super::refusals::{existing, mirrored, nothing_in};
use super::rename_column::filling;
use super::sql::{allow, backfill, ident, prose, suffixed, transaction};
use super::step::{Part, SCHEMA_ONLY, Step, check};
use super::table::{Column, Table};
use super::{Asked, PatternError, constraint, dependents};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let table = asked.table;
    let column = existing(table, asked.arguments.column()?)?;
    let type_sql = asked.arguments.of_type()?;
    mirrored(table, column)?;
    refuse(table, column)?;
    let (own, new) = (ident(&column.name), suffixed(&column.name, "_new"));
    let former = suffixed(&column.name, "_former");
    for name in [&new, &former] {
        super::refusals::free(table, name)?;
    }
    let using = asked.arguments.using.as_deref().unwrap_or(&own);
    let back = asked.arguments.back.as_deref().unwrap_or(&own);
    let forward = |from: &str| {
        let text = rename::column(using, &column.name, &ident(from));
        format!("CAST(({text}) AS {type_sql})")
    };
    let backward = |from: &str| {
        let text = rename::column(back, &column.name, &ident(from));
        format!("CAST(({text}) AS {})", column.type_sql)
    };
    let before = Dual::new(table, column, &new, forward(&column.name), backward(&new))?;
    // Behind the switch the columns have other names; function and trigger keep theirs.
    let old = Column {
        name: former.clone(),
        ..column.clone()
    };
    let after = Dual {
        old: &old.name,
        new: &column.name,
        forward: forward(&former),
        backward: backward(&column.name),
        // The column that is written has it.
        default: None,
        ..before.clone()
    };
    let series = Series {
        table,
        column,
        type_sql,
        new: &new,
        former: &former,
        copied: Copied::of(table, column, &new, false)?,
        kept: Copied::of(table, column, &former, true)?,
        default: column.default.as_ref().map(|default| {
            let value = format!("({default})");
            rename::column(&forward(&column.name), &column.name, &value)
        }),
        before,
        after,
    };
    Ok(series.steps())
}

fn refuse(table: &Table, column: &Column) -> Result<(), PatternError> {
    let shown = table.shown(&column.name);
    if table
        .key()
        .is_some_and(|key| key.columns.contains(&column.name))
    {
        return Err(PatternError::refused(
            format!(
                "{shown} belongs to the primary key, to which other tables and releases hold on"
            ),
            "give the table a new key column beside it with add-column and add-unique, and move over",
        ));
    }
    if column.sequence.is_some() {
        return Err(PatternError::refused(
            format!("{shown} owns a sequence, which would go with it"),
            "ALTER SEQUENCE … OWNED BY NONE first, in a migration of its own; give it back afterwards",
        ));
    }
    hanging(table, column)?;
    nothing_in(
        table,
        &column.name,
        &[
            "pg_attrdef",
            "pg_constraint",
            "pg_statistic_ext",
            "pg_publication_rel",
            "pg_proc",
        ],
        "drop that first, in a migration of its own, and make it again behind the series",
    )?;
    let odd = table.constraints.iter().find(|one| {
        let own = one.columns.contains(&column.name);
        let partitioned = table.partitioned && matches!(one.kind.as_str(), "u" | "f");
        let deferrable = one.kind == "u" && one.def.contains("DEFERRABLE");
        own && (one.kind == "x" || partitioned || deferrable)
    });
    match odd {
        None => Ok(()),
        Some(one) => Err(PatternError::refused(
            format!(
                "{shown} belongs to {}, which cannot be made for another column beside it",
                ident(&one.name)
            ),
            "drop that constraint first, in a migration of its own, and make it again behind the series",
        )),
    }
}

/// Views and triggers that could not be made again as they were.
fn hanging(table: &Table, column: &Column) -> Result<(), PatternError> {
    let shown = table.shown(&column.name);
    let hard = dependents::views(table, &column.name)
        .into_iter()
        .find(|view| view.materialized || view.more);
    if let Some(view) = hard {
        return Err(PatternError::refused(
            format!(
                "{shown} is used by {}, which is materialized or has triggers, rules, or rights and comments on columns",
                view.sql
            ),
            "drop that view first, in a migration of its own, and make it again behind the series",
        ));
    }
    if let Some(off) = table
        .triggers
        .iter()
        .find(|one| one.enabled == "D" && one.columns.contains(&column.name))
    {
        return Err(PatternError::refused(
            format!(
                "{shown} is used by trigger {}, which is disabled",
                ident(&off.name)
            ),
            "drop the trigger first, in a migration of its own",
        ));
    }
    Ok(())
}

struct Series<'a> {
    table: &'a Table,
    column: &'a Column,
    type_sql: &'a str,
    new: &'a str,
    former: &'a str,
    /// For the column of the new type, before it has the name.
    copied: Copied,
    /// For the column of the former type, when it has lost the name.
    kept: Copied,
    /// The default as a value of the new type.
    default: Option<String>,
    before: Dual<'a>,
    after: Dual<'a>,
}

impl Series<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.expand(), self.fill()];
        if !self.copied.is_empty() {
            steps.push(self.constrain());
        }
        steps.push(self.switch());
        steps.push(self.contract());
        steps
    }

    fn words(&self, what: &str) -> String {
        format!("{what} {} of {}", self.column.name, self.table.name)
    }

    fn add(&self) -> Vec<String> {
        add_like(self.table, self.column, self.new, self.type_sql)
    }

    fn expand(&self) -> Step {
        let table = self.table;
        let (old, new) = (table.shown(&self.column.name), table.shown(self.new));
        let mut up = self.add();
        up.extend(self.before.create());
        let mut down = self.before.drop();
        down.push(drop(table, self.new));
        Step {
            words: format!("add {} beside {} of {}", self.new, self.column.name, table.name),
            purpose: format!(
                "{old} is to have type {}. {new} has it, and a trigger keeps both alike. Releases go on using {old} alone.",
                self.type_sql
            ),
            impact: format!("{}: a trigger fires for each row that is written", table.sql()),
            risk: "Low - short locks, no rewrite, no scan; a value that does not fit the new type fails".to_owned(),
            compliance: SCHEMA_ONLY,
            up: vec![up.join("\n").into(), check(exists(table, self.new), format!("{new} was not created"))],
            down: vec![
                down.join("\n").into(),
                check(format!("NOT {}", exists(table, self.new)), format!("{new} is still there")),
            ],
        }
    }

    fn fill(&self) -> Step {
        let mut up: Vec<Part> = sees_all(self.table).into_iter().collect();
        up.push(backfill(&self.before.fill()).into());
        up.push(check(
            self.before.agree(),
            self.differ(&self.column.name, self.new),
        ));
        filling(self.table, &self.column.name, self.new, up, &self.add())
    }

    fn differ(&self, old: &str, new: &str) -> String {
        format!(
            "rows differ in {} and {}",
            self.table.shown(old),
            self.table.shown(new)
        )
    }

    fn constrain(&self) -> Step {
        let table = self.table;
        let shown = table.shown(self.new);
        Step {
            words: format!("constrain and index {} of {}", self.new, table.name),
            purpose: format!(
                "{shown} gets the constraints and indexes that {} has: each is made for new rows first and then validated, each \
                 index is built while everybody reads and writes.",
                table.shown(&self.column.name)
            ),
            impact: "none: what the old column keeps out does not reach the new one".to_owned(),
            risk: "Low - short locks; scans and builds hold nobody up".to_owned(),
            compliance: SCHEMA_ONLY,
            up: self.copied.build(table, self.new),
            down: self.copied.remove(table, self.new),
        }
    }

    /// The columns change names, with all that is named after them; `from` and `to` are the suffixes.
    fn swap(&self, forth: bool) -> Vec<String> {
        let table = self.table;
        let relation = table.sql();
        let own = self.column.name.as_str();
        let steps = match forth {
            true => [(own, self.former), (self.new, own)],
            false => [(own, self.new), (self.former, own)],
        };
        let renamed = steps.map(|(from, to)| {
            let statement = format!(
                "ALTER TABLE {relation} RENAME COLUMN {} TO {};",
                ident(from),
                ident(to)
            );
            match forth {
                true => allow(
                    "rename-column",
                    "another column takes the name in the same transaction",
                    &statement,
                ),
                false => statement,
            }
        });
        let mut lines = renamed.to_vec();
        let mut names = |kind: &str, name: &str, new: &str, former: &str| {
            let pairs = match forth {
                true => [(name, former), (new, name)],
                false => [(name, new), (former, name)],
            };
            for (from, to) in pairs {
                lines.push(match kind {
                    "index" => format!(
                        "ALTER INDEX {} RENAME TO {};",
                        table.beside(from),
                        ident(to)
                    ),
                    _ => format!(
                        "ALTER TABLE {relation} RENAME CONSTRAINT {} TO {};",
                        ident(from),
                        ident(to)
                    ),
                });
            }
        };
        for ((one, new, _), (_, former, _)) in self.copied.rules.iter().zip(&self.kept.rules) {
            names("constraint", &one.name, new, former);
        }
        if let Some((own, new, former)) = self.required_names() {
            names("constraint", &own, &new, &former);
        }
        for ((index, new), (_, former)) in self.copied.indexes.iter().zip(&self.kept.indexes) {
            // A constraint's index has its name and follows it.
            let kind = if index.constraint.is_some() {
                "constraint"
            } else {
                "index"
            };
            names(kind, &index.name, &new.name, &former.name);
        }
        lines
    }

    /// Names of NOT NULL: of the column, and of those beside it.
    fn required_names(&self) -> Option<(String, String, String)> {
        let own = self.column.not_null_name.clone()?;
        let new = constraint::not_null_name(self.table, self.new)?;
        let former = constraint::not_null_name(self.table, self.former)?;
        Some((own, new, former))
    }

    /// The default goes where the name is; one that is another value each time was in the function before.
    fn defaults(&self, forth: bool) -> Vec<String> {
        let (Some(value), Some((former, volatile))) = (&self.default, &self.before.default) else {
            return Vec::new();
        };
        let relation = self.table.sql();
        let alter = |column: &str, what: String| {
            format!(
                "ALTER TABLE {relation} ALTER COLUMN {} {what};",
                ident(column)
            )
        };
        let own = &self.column.name;
        let (first, second) = match forth {
            true => (
                alter(own, format!("SET DEFAULT {value}")),
                alter(self.former, "DROP DEFAULT".to_owned()),
            ),
            false => (
                alter(self.new, "DROP DEFAULT".to_owned()),
                alter(own, format!("SET DEFAULT {former}")),
            ),
        };
        let constant = (!volatile).then_some(second);
        [first].into_iter().chain(constant).collect()
    }

    fn switch(&self) -> Step {
        let table = self.table;
        let relation = table.sql();
        let hanging = dependents::of(table, &self.column.name);
        let mut up: Vec<Part> = sees_all(table).into_iter().collect();
        up.push(check(
            self.before.agree(),
            self.differ(&self.column.name, self.new),
        ));
        let lock = format!("LOCK TABLE {relation} IN ACCESS EXCLUSIVE MODE;");
        let swapped = |dual: &Dual<'_>, forth: bool| {
            let mut lines = vec![lock.clone()];
            lines.extend(hanging.drop.iter().cloned());
            lines.extend(self.swap(forth));
            lines.push(dual.function_text("CREATE OR REPLACE FUNCTION"));
            lines.push(dual.comment());
            lines.extend(self.defaults(forth));
            lines.extend(hanging.create.iter().cloned());
            transaction(&lines)
        };
        up.push(swapped(&self.after, true).into());
        up.push(check(
            exists(table, self.former),
            format!("{} is not there", table.shown(self.former)),
        ));
        Step {
            words: self.words("switch"),
            purpose: format!(
                "{} has type {} from now on: both columns change names in one short transaction, with their constraints and \
                 indexes; views, policies and triggers that use it are made anew as they were. What is written goes to both, so \
                 that the rollback loses nothing.",
                table.shown(&self.column.name),
                self.type_sql
            ),
            impact: format!(
                "releases find type {} under the name; the one that is running must be able to take it",
                self.type_sql
            ),
            risk: "Medium - a short lock, no scan under it".to_owned(),
            compliance: SCHEMA_ONLY,
            up,
            down: vec![
                swapped(&self.before, false).into(),
                check(
                    exists(table, self.new),
                    format!("{} is not there", table.shown(self.new)),
                ),
            ],
        }
    }

    fn contract(&self) -> Step {
        let (table, former) = (self.table, self.former);
        let shown = table.shown(former);
        let gone = allow(
            "drop-column",
            "every row holds the same in the column that has its name now",
            &drop(table, former),
        );
        let mut up: Vec<String> = self.after.drop();
        up.push(gone);
        let mut back = add_like(table, self.column, former, &self.column.type_sql);
        back.extend(self.after.create());
        let mut down: Vec<Part> = vec![
            prose(&format!(
                "The former column comes back behind all others. Its values are made from those of {}.",
                table.shown(&self.column.name)
            ))
            .into(),
            transaction(&back).into(),
        ];
        let (former_sql, backward) = (ident(former), &self.after.backward);
        down.push(
            backfill(&format!(
                "UPDATE {} SET {former_sql} = {backward}\nWHERE {former_sql} IS DISTINCT FROM {backward};",
                table.sql()
            ))
            .into(),
        );
        down.extend(self.kept.build(table, former));
        Step {
            words: format!("drop {former} of {}", table.name),
            purpose: format!(
                "{shown}, which holds the values in their former type, goes with the trigger. Apply it when nobody will want to go back."
            ),
            impact: "none for releases that use the new type".to_owned(),
            risk: "Medium - point of no return for what the new type cannot tell; the rollback computes the former values".to_owned(),
            compliance: "values in their former type are removed",
            up: vec![
                transaction(&up).into(),
                check(format!("NOT {}", exists(table, former)), format!("{shown} is still there")),
            ],
            down,
        }
    }
}
