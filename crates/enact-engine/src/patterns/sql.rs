//! Pieces of SQL text.

use enact_lint::Name;
use enact_sql::tree::LONGEST_NAME;

/// `name` as SQL writes it, quoted where it must be.
pub(super) fn ident(name: &str) -> String {
    Name::plain(name).to_string()
}

/// Names in a list.
pub(super) fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(ident).collect();
    names.join(", ")
}

/// A string literal.
pub(super) fn literal(text: &str) -> String {
    if text.contains('\\') {
        crate::quote::literal(text)
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// A name that PostgreSQL does not cut: the stem gives way to the suffix.
pub(super) fn suffixed(stem: &str, suffix: &str) -> String {
    let room = LONGEST_NAME.saturating_sub(suffix.len());
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &stem[..end])
}

/// A text in dollar quotes that it does not hold itself.
pub(super) fn dollar(text: &str) -> String {
    let mut tag = String::new();
    while text.contains(&format!("${tag}$")) {
        tag.push('q');
    }
    format!("${tag}$\n{text}\n${tag}$")
}

/// An anonymous block.
pub(super) fn block(body: &str) -> String {
    format!("DO {};", dollar(&format!("BEGIN\n{body}\nEND")))
}

/// Statements between `BEGIN` and `COMMIT`.
pub(super) fn transaction(statements: &[String]) -> String {
    format!("BEGIN;\n{}\nCOMMIT;", statements.join("\n"))
}

/// `-- enact: allow(…)` in front of a statement.
pub(super) fn allow(rule: &str, reason: &str, statement: &str) -> String {
    format!("-- enact: allow({rule}) {reason}\n{statement}")
}

/// A statement that Enact runs in batches.
pub(super) fn backfill(statement: &str) -> String {
    format!("-- enact: backfill batch=1000\n{statement}")
}

/// Prose as comment lines.
pub(super) fn prose(text: &str) -> String {
    let mut lines = vec![String::from("--")];
    for word in text.split_whitespace() {
        let full = lines
            .last()
            .is_none_or(|line| line.len() + word.len() > 110);
        if full {
            lines.push(String::from("--"));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_suffix() {
        let name = suffixed(&"ä".repeat(40), "_check");
        assert!(
            name.len() <= LONGEST_NAME && name.ends_with("ä_check"),
            "{name}"
        );
        assert_eq!(suffixed("visit", "_new"), "visit_new");
    }

    #[test]
    fn quotes_do_not_end_early() {
        assert_eq!(dollar("a $$ b"), "$q$\na $$ b\n$q$");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "E'a\\\\b'");
    }

    #[test]
    fn prose_is_wrapped() {
        let text = prose(&"word ".repeat(40));
        assert!(text.lines().count() > 1);
        assert!(
            text.lines()
                .all(|line| line.starts_with("-- w") && line.len() < 120)
        );
    }
}
