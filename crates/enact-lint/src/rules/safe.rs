//! Recipes that more than one rule gives.

use crate::names::{Name, ident, literal};

/// Each line of a recipe.
pub fn lines(lines: &[&str]) -> Option<String> {
    Some(lines.join("\n"))
}

/// Statements, each in a transaction of its own.
pub fn transactions(statements: &[String]) -> Option<String> {
    let one = |statement: &String| format!("BEGIN;\n{statement}\nCOMMIT;");
    Some(statements.iter().map(one).collect::<Vec<_>>().join("\n"))
}

/// As [`transactions`], for a constraint that rows may violate.
pub fn once_no_row_violates(statements: &[String]) -> Option<String> {
    let first =
        "-- once no row violates it: while it is NOT VALID, any UPDATE of one that does fails";
    transactions(statements).map(|rest| format!("{first}\n{rest}"))
}

/// What is to be done with the rows that are there, outside `BEGIN … COMMIT`.
pub fn fill(table: &Name, column: &str, value: &str) -> String {
    let column = ident(column);
    let update = format!("UPDATE {table} SET {column} = {value} WHERE {column} IS NULL;");
    if value.contains('…') {
        return format!("-- fill the rows that are there in batches:\n-- {update}");
    }
    in_batches(update.trim_end_matches(';')).unwrap_or(update)
}

/// A statement in batches, each committed; none if it cannot be taken apart so.
pub fn in_batches(sql: &str) -> Option<String> {
    let text = format!("-- enact: backfill\n{};", sql.trim());
    let script = enact_sql::script::analyse_text(text.as_str(), "safe.sql");
    script.problems.is_empty().then_some(text)
}

/// NOT NULL without a scan under a strong lock.
pub fn not_null(table: &Name, column: &str, newest: bool) -> Option<String> {
    let proof = ident(&format!("{}_{column}_not_null", table.name));
    let column = ident(column);
    let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {proof};");
    if newest {
        let add =
            format!("ALTER TABLE {table} ADD CONSTRAINT {proof} NOT NULL {column} NOT VALID;");
        return once_no_row_violates(&[add, validate]);
    }
    once_no_row_violates(&[
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {proof} CHECK ({column} IS NOT NULL) NOT VALID;"
        ),
        validate,
        format!(
            "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\nALTER TABLE {table} DROP CONSTRAINT {proof};"
        ),
    ])
}

/// A trigger that keeps a column in step with an expression over its row.
pub fn in_step(table: &Name, column: &str, expression: &str) -> String {
    let function = table.beside(format!("{}_{column}_in_step", table.name));
    let trigger = ident(&function.name);
    let column = ident(column);
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
         BEGIN\n    NEW.{column} := {expression};\n    RETURN NEW;\nEND $$;\n\
         CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}\n    \
         FOR EACH ROW EXECUTE FUNCTION {function}();"
    )
}

/// `nextval` of a sequence.
pub fn nextval(sequence: &Name) -> String {
    format!("nextval({})", literal(&sequence.to_string()))
}
