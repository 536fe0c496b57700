//! PostgreSQL's parse trees, for those who judge statements rather than run them.

use std::ops::Range;

use pg_query::NodeEnum;

use crate::lex::{Kind, Lexer, Token};
use crate::parse;
use crate::split::Splitter;

/// Longer names are cut by PostgreSQL, in bytes.
pub const LONGEST_NAME: usize = 63;

/// Parses one statement and hands its tree to `look`; `None` if it is not exactly one statement.
///
/// The tree stays inside, since a deep one needs a stack of its own.
pub fn look<T: Send>(sql: &str, look: impl FnOnce(&NodeEnum) -> T + Send) -> Option<T> {
    let pieces = Splitter::new(sql).filter_map(Result::ok);
    // `COPY … FROM stdin` is no piece without its data.
    let depth = pieces.map(|piece| piece.depth).max();
    parse::with_tree(sql, depth.unwrap_or_else(|| tokens(sql).count()), look).ok()
}

/// The SQL of a tree, as PostgreSQL's own words; `None` if it has none.
#[must_use]
pub fn write(node: &NodeEnum) -> Option<String> {
    parse::deparse(node)
}

/// The string constants of a statement as they are written, without their quotes.
#[must_use]
pub fn strings(sql: &str) -> Vec<&str> {
    tokens(sql)
        .filter(|token| token.kind == Kind::Text)
        .filter_map(|token| token.of(sql).strip_prefix('\'')?.strip_suffix('\''))
        .collect()
}

/// Byte ranges of the names that PostgreSQL would cut.
#[must_use]
pub fn long_names(sql: &str) -> Vec<Range<usize>> {
    let bytes = |token: &Token| match token.kind {
        Kind::Word => token.end - token.start,
        Kind::QuotedName => token.of(sql).trim_matches('"').replace("\"\"", "\"").len(),
        _ => 0,
    };
    tokens(sql)
        .filter(|token| bytes(token) > LONGEST_NAME)
        .map(|token| token.start..token.end)
        .collect()
}

/// The words of a procedural body outside quotes and comments, in lower case, each with whether it begins a
/// statement there.
#[must_use]
pub fn words(body: &str) -> Vec<(String, bool)> {
    let mut begins = true;
    let mut words = Vec::new();
    for token in tokens(body) {
        let text = token.of(body).to_ascii_lowercase();
        let opens = matches!(text.as_str(), ";" | "begin" | "then" | "loop" | "else");
        if token.kind == Kind::Word {
            words.push((text, begins));
        }
        begins = opens;
    }
    words
}

fn tokens(sql: &str) -> impl Iterator<Item = Token> {
    let mut lexer = Lexer::new(sql);
    std::iter::from_fn(move || lexer.next_token().ok().flatten()).filter(|token| !token.is_trivia())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_looked_at_and_written_again() {
        let sql = "alter  table t add c int";
        assert_eq!(
            look(sql, write).flatten().as_deref(),
            Some("ALTER TABLE t ADD COLUMN c int")
        );
        assert_eq!(look("select 1; select 2", |_| ()), None);
        assert_eq!(look("selec", |_| ()), None);
        assert_eq!(look("", |_| ()), None);
    }

    #[test]
    fn a_copy_is_looked_at_without_its_data() {
        let copies = |node: &NodeEnum| matches!(node, NodeEnum::CopyStmt(_));
        assert_eq!(look("copy t from stdin", copies), Some(true));
    }

    #[test]
    fn constants_and_long_names_are_found_outside_comments() {
        assert_eq!(
            strings("select 'a', /* 'b' */ 'c''d', \"e\""),
            ["a", "c''d"]
        );
        let long = "x".repeat(64);
        let sql = format!("select {long}, \"{long}\", '{long}', {}", "y".repeat(63));
        assert_eq!(long_names(&sql).len(), 2);
    }

    #[test]
    fn words_know_whether_they_begin_a_statement() {
        let body = "BEGIN EXECUTE 'x'; GRANT EXECUTE ON f; END";
        let execute: Vec<bool> = words(body)
            .into_iter()
            .filter(|(word, _)| word == "execute")
            .map(|(_, begins)| begins)
            .collect();
        assert_eq!(execute, [true, false]);
    }
}
