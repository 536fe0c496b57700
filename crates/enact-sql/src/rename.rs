//! Names of columns in an expression, replaced.

use crate::lex::{Kind, Lexer, Token};

/// The expression with each use of the column `from` replaced by `to`, which is put in as it stands.
///
/// For an expression over one table, as PostgreSQL writes constraints, indexes and policies. A name that is called,
/// qualified, or that names a type or collation is none of a column's.
#[must_use]
pub fn column(expression: &str, from: &str, to: &str) -> String {
    let mut lexer = Lexer::new(expression);
    let tokens: Vec<Token> = std::iter::from_fn(|| lexer.next_token().ok().flatten())
        .filter(|token| !token.is_trivia())
        .collect();
    let text = |index: Option<usize>| {
        let token = index.and_then(|index| tokens.get(index));
        token.map_or("", |token| token.of(expression))
    };
    let mut replaced = String::with_capacity(expression.len());
    let mut rest = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = text(index.checked_sub(1));
        let after = tokens.get(index + 1);
        let called = text(Some(index + 1)) == "(";
        let constant = after.is_some_and(|next| matches!(next.kind, Kind::Text | Kind::Dollar));
        let qualified = before == "." || text(Some(index + 1)) == ".";
        let word = before.to_ascii_lowercase();
        let other = matches!(word.as_str(), "::" | "collate" | "as");
        let names = named(token.of(expression), token.kind).is_some_and(|name| name == from);
        if names && !(called || constant || qualified || other) {
            replaced.push_str(expression.get(rest..token.start).unwrap_or_default());
            replaced.push_str(to);
            rest = token.end;
        }
    }
    replaced + expression.get(rest..).unwrap_or_default()
}

/// Whether the expression uses the column.
#[must_use]
pub fn uses(expression: &str, name: &str) -> bool {
    column(expression, name, "") != expression
}

fn named(text: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Word => Some(text.to_lowercase()),
        Kind::QuotedName => {
            let inner = text.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_replaced_and_nothing_else() {
        let cases = [
            ("name <> ''", "full_name <> ''"),
            ("NAME || \"name\"", "full_name || full_name"),
            ("'name' || name(name)", "'name' || name(full_name)"),
            ("(name)::name", "(full_name)::name"),
            ("CAST(name AS name)", "CAST(full_name AS name)"),
            ("t.name = name -- name", "t.name = full_name -- name"),
            (
                "name 'x' = name COLLATE name",
                "name 'x' = full_name COLLATE name",
            ),
            ("\"Name\" = $$name$$", "\"Name\" = $$name$$"),
        ];
        for (given, expected) in cases {
            assert_eq!(column(given, "name", "full_name"), expected);
        }
        assert!(uses("a = b", "b") && !uses("a = 'b'", "b"));
    }
}
