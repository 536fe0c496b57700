//! A column that must hold a value from now on: fill, check new rows, check old rows, require.

use super::column::{exists, is_required, sees_all};
use super::constraint::{add, drop, is_validated, unvalidate, validate};
use super::refusals::{changeable, existing};
use super::sql::{allow, backfill, ident, idents, literal, prose, transaction};
use super::step::{SCHEMA_ONLY, Step, check};
use super::table::{Column, Table};
use super::{Asked, PatternError};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let table = asked.table;
    let column = existing(table, asked.arguments.column()?)?;
    if column.not_null {
        return Err(PatternError::refused(
            format!("{} is NOT NULL already", table.shown(&column.name)),
            "nothing is to be done",
        ));
    }
    let mut steps = Vec::new();
    if let Some(value) = &asked.arguments.value {
        steps.push(fill(table, column, value)?);
    }
    steps.extend(required(table, &column.name));
    Ok(steps)
}

/// Fills what is empty, and remembers which rows those were.
fn fill(table: &Table, column: &Column, value: &str) -> Result<Step, PatternError> {
    let record = Record::of(table, column)?;
    let (relation, quoted) = (table.sql(), ident(&column.name));
    let recorded = table.beside(&record.name);
    let (remember, set, unset) = record.backfills(value);
    let mut up = Vec::new();
    up.extend(sees_all(table));
    up.push(transaction(&record.create()).into());
    up.push(remember.into());
    up.push(set.into());
    up.push(check(
        format!("NOT EXISTS (SELECT FROM {relation} WHERE {quoted} IS NULL)"),
        format!(
            "{} still holds NULL: does a release that is running write it?",
            table.shown(&column.name)
        ),
    ));
    let mut down = Vec::new();
    down.extend(sees_all(table));
    down.push(prose("What was filled is emptied again, unless it was changed since.").into());
    down.push(unset.into());
    let forget = format!("DROP TABLE {recorded};");
    down.push(
        allow(
            "rollback-loses-data",
            "what it holds is no longer true",
            &forget,
        )
        .into(),
    );
    Ok(Step {
        words: format!("fill {} of {}", column.name, table.name),
        purpose: format!(
            "Rows of {relation} in which {quoted} is empty get a value, in batches. Which rows those were stays in {recorded}. \
             Apply it when every release that runs writes {quoted}."
        ),
        impact: format!(
            "rows of {relation}, a batch at a time; readers see the value where they saw none"
        ),
        risk: "Low - short transactions; the rollback empties what was filled".to_owned(),
        compliance: "values are filled in; which, is recorded in a table",
        up,
        down,
    })
}

/// The table that remembers which rows were filled, and with what.
struct Record<'a> {
    table: &'a Table,
    column: &'a Column,
    keys: &'a [String],
    name: String,
}

impl<'a> Record<'a> {
    fn of(table: &'a Table, column: &'a Column) -> Result<Self, PatternError> {
        changeable(table)?;
        if column.generated {
            return Err(PatternError::refused(
                format!(
                    "{} is a generated column, which nobody writes",
                    table.shown(&column.name)
                ),
                "leave --value out; the expression decides whether it holds NULL",
            ));
        }
        let otherwise = "fill the rows otherwise and leave --value out";
        let Some(key) = table.key() else {
            return Err(PatternError::refused(
                format!(
                    "{} has no primary key, so nobody could say which rows were filled",
                    table.sql()
                ),
                otherwise,
            ));
        };
        if key.columns.iter().any(|name| name == "filled") {
            return Err(PatternError::refused(
                format!("the key of {} has a column `filled`", table.sql()),
                otherwise,
            ));
        }
        Ok(Self {
            table,
            column,
            keys: &key.columns,
            name: table.free(&format!("{}_{}", table.name, column.name), "_filled"),
        })
    }

    fn create(&self) -> [String; 2] {
        let typed = |name: &String| {
            let column = self.table.column(name);
            let of = column.map_or("text", |column| column.type_sql.as_str());
            let collation = column.and_then(|column| column.collation.as_ref());
            let collation = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
            format!("    {} {of}{collation},", ident(name))
        };
        let typed: Vec<String> = self.keys.iter().map(typed).collect();
        let recorded = self.table.beside(&self.name);
        let about = format!(
            "Rows of {} in which {} was empty, and what it was filled with",
            self.table.sql(),
            ident(&self.column.name)
        );
        [
            format!(
                "CREATE TABLE {recorded} (\n{}\n    filled {},\n    PRIMARY KEY ({})\n);",
                typed.join("\n"),
                self.column.type_sql,
                self.own()
            ),
            format!("COMMENT ON TABLE {recorded} IS {};", literal(&about)),
        ]
    }

    fn own(&self) -> String {
        idents(self.keys.iter().map(String::as_str))
    }

    /// What remembers, fills and empties the rows.
    fn backfills(&self, value: &str) -> (String, String, String) {
        let (relation, quoted) = (self.table.sql(), ident(&self.column.name));
        let (recorded, own) = (self.table.beside(&self.name), self.own());
        let of = &self.column.type_sql;
        let same = self.keys.iter().map(|name| {
            let name = ident(name);
            format!("t.{name} = f.{name}")
        });
        let same: Vec<String> = same.collect();
        let same = same.join(" AND ");
        let remember = format!(
            "INSERT INTO {recorded} ({own}, filled)\nSELECT {own}, CAST(({value}) AS {of}) FROM {relation} WHERE {quoted} IS NULL\n\
             ON CONFLICT DO NOTHING;"
        );
        let change = |to: &str, when: &str| {
            format!(
                "UPDATE {relation} AS t SET {quoted} = {to} FROM {recorded} AS f\nWHERE {same} AND t.{quoted} {when};"
            )
        };
        (
            backfill(&remember),
            backfill(&change("f.filled", "IS NULL")),
            backfill(&change("NULL", "= f.filled")),
        )
    }
}

/// From a column without empty rows to NOT NULL.
pub(super) fn required(table: &Table, name: &str) -> Vec<Step> {
    let quoted = ident(name);
    let proof = table.free_constraint(&format!("{}_{name}", table.name), "_required");
    let def = format!("CHECK ({quoted} IS NOT NULL)");
    vec![
        checked(table, name, &proof, &def),
        validated(table, name, &proof, &def),
        set(table, name, &proof, &def),
    ]
}

fn checked(table: &Table, name: &str, proof: &str, def: &str) -> Step {
    let (relation, shown) = (table.sql(), table.shown(name));
    Step {
        words: format!("check {name} of {}", table.name),
        purpose: format!(
            "New and changed rows of {relation} must have {}. Rows that are there are not read yet; one of them that is still \
             empty could not be changed any more, so they are filled before.",
            ident(name)
        ),
        impact: format!("writers that leave {shown} empty fail from now on"),
        risk: "Low - a short lock, no scan".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            add(table, proof, def).into(),
            check(
                is_validated(table, proof, false),
                format!("{} was not added", ident(proof)),
            ),
        ],
        down: vec![
            drop(table, proof).into(),
            check(exists(table, name), format!("{shown} is gone")),
        ],
    }
}

fn validated(table: &Table, name: &str, proof: &str, def: &str) -> Step {
    let shown = table.shown(name);
    Step {
        words: format!("validate {name} of {}", table.name),
        purpose: format!(
            "Every row of {} is read: none has an empty {}.",
            table.sql(),
            ident(name)
        ),
        impact: "one scan, beside which everybody reads and writes".to_owned(),
        risk: format!("Low - stops if {shown} is empty somewhere, and changes nothing then"),
        compliance: SCHEMA_ONLY,
        up: vec![
            validate(table, proof).into(),
            check(
                is_validated(table, proof, true),
                format!("{} is not validated", ident(proof)),
            ),
        ],
        down: vec![
            unvalidate(table, proof, def).into(),
            check(
                is_validated(table, proof, false),
                format!("{} is still validated", ident(proof)),
            ),
        ],
    }
}

fn set(table: &Table, name: &str, proof: &str, def: &str) -> Step {
    let (relation, quoted, shown) = (table.sql(), ident(name), table.shown(name));
    let alter = |what: &str| format!("ALTER TABLE {relation} ALTER COLUMN {quoted} {what};");
    Step {
        words: format!("require {name} of {}", table.name),
        purpose: format!(
            "{shown} is NOT NULL. The validated check proves it, so nothing is read; then the check goes."
        ),
        impact: "none: the check has kept empty values out already".to_owned(),
        risk: "Low - a short lock, no scan".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            format!("{}\n{}", alter("SET NOT NULL"), drop(table, proof)).into(),
            check(
                is_required(table, name),
                format!("{shown} may still be NULL"),
            ),
        ],
        down: vec![
            transaction(&[add(table, proof, def), alter("DROP NOT NULL")]).into(),
            transaction(&[validate(table, proof)]).into(),
            check(
                format!("NOT {}", is_required(table, name)),
                format!("{shown} is still NOT NULL"),
            ),
        ],
    }
}
