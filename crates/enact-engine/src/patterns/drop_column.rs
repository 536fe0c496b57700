//! A column that goes: first nobody needs it, then it goes with its data.

use super::column::{add_like, exists, is_required, sees_all};
use super::refusals::{existing, nothing_in};
use super::sql::{allow, ident, literal, prose};
use super::step::{Part, SCHEMA_ONLY, Step, check};
use super::table::{Column, Constraint, Index, Table};
use super::{Asked, PatternError, constraint, indexes, rename_column};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let table = asked.table;
    let column = existing(table, asked.arguments.column()?)?;
    refuse(table, column)?;
    let mut steps = Vec::new();
    if column.not_null && !column.generated {
        steps.push(relaxed(table, column));
    }
    steps.push(dropped(table, column)?);
    Ok(steps)
}

fn refuse(table: &Table, column: &Column) -> Result<(), PatternError> {
    let shown = table.shown(&column.name);
    if let Some(why) = &table.append_only {
        return Err(PatternError::refused(
            format!("{} must keep what it holds: {why}", table.sql()),
            "leave the column where it is; releases need not use it",
        ));
    }
    let key = table
        .key()
        .is_some_and(|key| key.columns.contains(&column.name));
    if key || column.partition_key {
        return Err(PatternError::refused(
            format!("{shown} belongs to the primary or partition key"),
            "give the table another key first",
        ));
    }
    if column.identity || column.sequence.is_some() || column.generated {
        return Err(PatternError::refused(
            format!(
                "{shown} is numbered or computed by the server, which no rollback could bring back as it was"
            ),
            "DROP IDENTITY, ALTER SEQUENCE … OWNED BY NONE or DROP EXPRESSION first, in a migration of its own",
        ));
    }
    rename_column::triggers_by_name(table, &column.name)?;
    let classes = [
        "pg_rewrite",
        "pg_policy",
        "pg_trigger",
        "pg_attrdef",
        "pg_constraint",
        "pg_statistic_ext",
        "pg_publication_rel",
        "pg_proc",
    ];
    let next = "change or drop that first, in a migration of its own, so that it says what it should say without the column";
    nothing_in(table, &column.name, &classes, next)
}

fn relaxed(table: &Table, column: &Column) -> Step {
    let shown = table.shown(&column.name);
    let require = constraint::require(table, &column.name);
    let mut down: Vec<Part> = sees_all(table).into_iter().collect();
    down.extend(require.into_iter().map(Part::from));
    down.push(check(
        is_required(table, &column.name),
        format!("{shown} may still be NULL"),
    ));
    Step {
        words: format!("need {} of {} no longer", column.name, table.name),
        purpose: format!(
            "{shown} may be left out, so that releases without it can write beside those that know it. The rollback stops while \
             rows are there that lack it."
        ),
        impact: "readers that cannot take NULL must be gone before a release leaves the column out"
            .to_owned(),
        risk: "Low - a short lock, no scan".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            constraint::relax(
                table,
                &column.name,
                "the column goes; a release that reads it reads no NULL until one leaves it out",
            )
            .into(),
            check(
                format!("NOT {}", is_required(table, &column.name)),
                format!("{shown} is still NOT NULL"),
            ),
        ],
        down,
    }
}

fn dropped(table: &Table, column: &Column) -> Result<Step, PatternError> {
    let (relation, quoted, shown) = (table.sql(), ident(&column.name), table.shown(&column.name));
    let mut again = add_like(table, column, &column.name, &column.type_sql);
    if let Some(default) = &column.default {
        again.push(format!(
            "ALTER TABLE {relation} ALTER COLUMN {quoted} SET DEFAULT {default};"
        ));
    }
    let mut down: Vec<Part> = vec![
        prose(&format!(
            "POINT OF NO RETURN: the data of {shown} are gone. This brings back the column alone, with type, default, comment, \
             rights, indexes and constraints, and no value in it. Take the data from a backup."
        ))
        .into(),
        again.join("\n").into(),
    ];
    down.extend(rebuilt(table, &[column])?);
    down.push(check(
        exists(table, &column.name),
        format!("{shown} was not brought back"),
    ));
    let statement = format!("ALTER TABLE {relation} DROP COLUMN {quoted};");
    Ok(Step {
        words: format!("drop {} of {}", column.name, table.name),
        purpose: format!(
            "{shown} goes with all its data, and with the indexes and constraints that need it. Apply it when no release and no \
             function uses the column any more."
        ),
        impact: format!("releases that use {shown} fail from now on; its data are gone"),
        risk: "High - point of no return: the rollback brings back the column, not its data"
            .to_owned(),
        compliance: "data are removed: keep a backup for as long as they must be kept",
        up: vec![
            allow(
                "drop-column",
                "no release uses it any more; its data are no longer needed",
                &statement,
            )
            .into(),
            check(
                format!("NOT {}", exists(table, &column.name)),
                format!("{shown} is still there"),
            ),
        ],
        down,
    })
}

/// What goes with the columns without a word, made again.
pub(super) fn rebuilt(table: &Table, gone: &[&Column]) -> Result<Vec<Part>, PatternError> {
    let mut parts = Vec::new();
    let needs = |columns: &[String]| gone.iter().any(|column| columns.contains(&column.name));
    let of = |one: &Constraint| {
        let first = gone
            .iter()
            .find(|column| one.columns.contains(&column.name));
        first.map_or("", |column| column.name.as_str())
    };
    let own = |one: &&Constraint| needs(&one.columns);
    for one in table.constraints.iter().filter(own) {
        let comment = one.comment.as_deref();
        match one.kind.as_str() {
            "c" | "f" if table.partitioned && one.kind == "f" && table.major < 18 => {
                return Err(hard(table, of(one), one));
            }
            "c" | "f" if one.validated => {
                let lines = constraint::add_validated(table, &one.name, &one.def, comment);
                parts.extend(lines.into_iter().map(Part::from));
            }
            "c" | "f" => parts.push(constraint::add(table, &one.name, &one.def).into()),
            "u" if !table.partitioned => {
                let Some(index) = index_of(table, one) else {
                    return Err(hard(table, of(one), one));
                };
                parts.extend(indexes::create(table, index));
                let deferrable = one.def.find(" DEFERRABLE").and_then(|at| one.def.get(at..));
                parts.push(unique(table, one, index, deferrable.unwrap_or_default()).into());
            }
            _ => return Err(hard(table, of(one), one)),
        }
    }
    let plain = |index: &&Index| index.constraint.is_none() && needs(&index.columns);
    for index in table.indexes.iter().filter(plain) {
        indexes::local(table)?;
        parts.extend(indexes::create(table, index));
    }
    Ok(parts)
}

fn index_of<'a>(table: &'a Table, constraint: &Constraint) -> Option<&'a Index> {
    let name = constraint.index.as_ref()?;
    table.indexes.iter().find(|index| index.name == *name)
}

fn unique(table: &Table, one: &Constraint, index: &Index, deferrable: &str) -> String {
    let (relation, name) = (table.sql(), ident(&one.name));
    let made = format!(
        "ALTER TABLE {relation} ADD CONSTRAINT {name} UNIQUE USING INDEX {}{deferrable};",
        ident(&index.name)
    );
    match &one.comment {
        None => made,
        Some(text) => format!(
            "{made}\nCOMMENT ON CONSTRAINT {name} ON {relation} IS {};",
            literal(text)
        ),
    }
}

fn hard(table: &Table, column: &str, one: &Constraint) -> PatternError {
    PatternError::refused(
        format!(
            "{} belongs to {}, which no rollback could bring back without holding everybody up",
            table.shown(column),
            ident(&one.name)
        ),
        "drop that constraint first, in a migration of its own",
    )
}
