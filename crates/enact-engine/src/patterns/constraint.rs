//! Constraints that are added without a scan under a strong lock.

use enact_sql::tree::LONGEST_NAME;

use super::sql::{allow, ident, literal, transaction};
use super::table::Table;

/// `ADD CONSTRAINT … NOT VALID`.
pub(super) fn add(table: &Table, name: &str, def: &str) -> String {
    let def = def.trim_end_matches(" NOT VALID");
    format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {def} NOT VALID;",
        table.sql(),
        ident(name)
    )
}

/// `VALIDATE CONSTRAINT`.
pub(super) fn validate(table: &Table, name: &str) -> String {
    format!(
        "ALTER TABLE {} VALIDATE CONSTRAINT {};",
        table.sql(),
        ident(name)
    )
}

/// `DROP CONSTRAINT`.
pub(super) fn drop(table: &Table, name: &str) -> String {
    format!(
        "ALTER TABLE {} DROP CONSTRAINT {};",
        table.sql(),
        ident(name)
    )
}

/// Makes a validated constraint one that is not, without a moment in which it does not hold for new rows.
pub(super) fn unvalidate(table: &Table, name: &str, def: &str) -> String {
    let def = def.trim_end_matches(" NOT VALID");
    let name = ident(name);
    format!(
        "ALTER TABLE {} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {def} NOT VALID;",
        table.sql()
    )
}

/// The name that PostgreSQL 18 gives to a column's NOT NULL; not for names so long that it shortens them.
pub(super) fn not_null_name(table: &Table, column: &str) -> Option<String> {
    let name = format!("{}_{column}_not_null", table.name);
    (table.major >= 18 && name.len() <= LONGEST_NAME).then_some(name)
}

/// The column must hold a value, found out without a scan under a strong lock: several transactions. The constraint, where
/// it has a name, gets the one that it has now.
pub(super) fn require(table: &Table, column: &str) -> Vec<String> {
    let (relation, quoted) = (table.sql(), ident(column));
    // Another name than the server would choose for what this proves.
    let proof = table.free_constraint(&format!("{}_{column}", table.name), "_required");
    let present = table
        .column(column)
        .and_then(|one| one.not_null_name.as_ref());
    let chosen = not_null_name(table, column);
    let renamed = chosen
        .zip(present)
        .filter(|(chosen, present)| chosen != *present);
    let renamed = renamed.map(|(chosen, present)| {
        let (chosen, present) = (ident(&chosen), ident(present));
        format!("ALTER TABLE {relation} RENAME CONSTRAINT {chosen} TO {present};")
    });
    let mut set = vec![
        format!("ALTER TABLE {relation} ALTER COLUMN {quoted} SET NOT NULL;"),
        drop(table, &proof),
    ];
    set.extend(renamed);
    let def = format!("CHECK ({quoted} IS NOT NULL)");
    vec![
        transaction(&[add(table, &proof, &def)]),
        transaction(&[validate(table, &proof)]),
        transaction(&set),
    ]
}

/// A constraint added and validated in transactions of their own.
pub(super) fn add_validated(
    table: &Table,
    name: &str,
    def: &str,
    comment: Option<&str>,
) -> Vec<String> {
    let comment = comment.map(|text| {
        format!(
            "COMMENT ON CONSTRAINT {} ON {} IS {};",
            ident(name),
            table.sql(),
            literal(text)
        )
    });
    let adding: Vec<String> = [add(table, name, def)].into_iter().chain(comment).collect();
    vec![transaction(&adding), transaction(&[validate(table, name)])]
}

/// Whether a constraint is there and validated, as an expression.
pub(super) fn is_validated(table: &Table, name: &str, validated: bool) -> String {
    let not = if validated { "" } else { "NOT " };
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = {}::regclass AND k.conname = {} AND {not}k.convalidated)",
        literal(&table.sql()),
        literal(name)
    )
}

/// `DROP NOT NULL`, which the pattern makes safe.
pub(super) fn relax(table: &Table, column: &str, reason: &str) -> String {
    let statement = format!(
        "ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;",
        table.sql(),
        ident(column)
    );
    allow("drop-not-null", reason, &statement)
}
