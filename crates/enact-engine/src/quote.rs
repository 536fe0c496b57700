//! Quoting, in one place.

use enact_sql::classify::Name;

/// `name` as a quoted identifier.
#[must_use]
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name with its schema, if it has one, quoted.
#[must_use]
pub fn qualified(name: &Name) -> String {
    name.schema.as_ref().map_or_else(
        || ident(&name.name),
        |schema| format!("{}.{}", ident(schema), ident(&name.name)),
    )
}

/// A string literal that means the same whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's \\ here"), "E'it''s \\\\ here'");
    }
}
