//! PostgreSQL's own parser, one statement at a time.
//!
//! libpg_query redirects the whole process's stderr while it parses, so calls are serialised
//! here; two at once could leave stderr closed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pg_query::NodeEnum;

use crate::lex::Lexer;

static PARSER: Mutex<()> = Mutex::new(());

/// Parse trees at most this deep are decoded on the caller's stack, however small it is.
const SHALLOW: usize = 48;
/// Address space for deeper ones; pages are committed as the stack grows into them. libpg_query
/// gives up at 100 kB of its own stack, which is some hundreds of levels, so this is plenty.
const DEEP_STACK: usize = 512 << 20;

/// Why the parser refused a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The parser's message and the byte offset of the token it stumbled over.
    Syntax { message: String, at: usize },
    /// It is not one statement.
    Count(usize),
    /// The tree nests too deep to be looked at.
    TooDeep,
}

fn parser() -> MutexGuard<'static, ()> {
    PARSER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks that a text is exactly one statement, without looking at its tree.
pub(crate) fn check(sql: &str) -> Result<(), Fault> {
    match count(sql) {
        Ok(1) => Ok(()),
        Ok(count) => Err(Fault::Count(count)),
        Err(message) => Err(fault(sql, message)),
    }
}

/// Parses exactly one statement and hands its tree to `look`; `depth` bounds how deep it nests.
///
/// The tree does not leave the function, since even dropping it needs a stack as deep as it is.
pub(crate) fn with_tree<T: Send>(
    sql: &str,
    depth: usize,
    look: impl FnOnce(&NodeEnum) -> T + Send,
) -> Result<T, Fault> {
    if depth <= SHALLOW {
        return tree(sql, look);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
        let parsing = thread.spawn_scoped(scope, || tree(sql, look));
        let parsed = parsing.map(|parsing| parsing.join());
        parsed
            .ok()
            .and_then(Result::ok)
            .unwrap_or(Err(Fault::TooDeep))
    })
}

fn tree<T>(sql: &str, look: impl FnOnce(&NodeEnum) -> T) -> Result<T, Fault> {
    let locked = parser();
    let parsed = pg_query::parse(sql, 0);
    drop(locked);
    let result = parsed.map_err(|error| tree_fault(sql, message(error)))?;
    let [statement] = result.protobuf.stmts.as_slice() else {
        return Err(Fault::Count(result.protobuf.stmts.len()));
    };
    let node = statement.stmt.as_ref().and_then(|stmt| stmt.node.as_ref());
    node.map(look).ok_or(Fault::Count(0))
}

/// The SQL of a statement's tree; `None` if it has none.
pub(crate) fn deparse(node: &NodeEnum) -> Option<String> {
    let _locked = parser();
    node.deparse(pg_query::DeparseOptions::default()).ok()
}

fn count(sql: &str) -> Result<usize, String> {
    let _locked = parser();
    pg_query::split_with_parser(sql)
        .map(|statements| statements.len())
        .map_err(message)
}

fn message(error: pg_query::Error) -> String {
    match error {
        pg_query::Error::Parse(message) | pg_query::Error::Split(message) => message,
        other => other.to_string(),
    }
}

/// A statement that the parser takes may still be too deep for its tree to be handed over.
fn tree_fault(sql: &str, message: String) -> Fault {
    if !message.starts_with("stack depth limit") {
        return fault(sql, message);
    }
    check(sql).err().unwrap_or(Fault::TooDeep)
}

fn fault(sql: &str, message: String) -> Fault {
    let at = culprit(sql, &message);
    Fault::Syntax { message, at }
}

/// Byte offset of the token the parser stumbled over: the binding drops the position, but the
/// first prefix that gives the same message ends with that token.
fn culprit(sql: &str, message: &str) -> usize {
    if message.ends_with("at end of input") {
        return sql.len();
    }
    let mut lexer = Lexer::new(sql);
    let mut tokens = Vec::new();
    while let Ok(Some(token)) = lexer.next_token() {
        if !token.is_trivia() {
            tokens.push(token);
        }
    }
    let fails = |end: usize| {
        let prefix = sql.get(..end).unwrap_or_default();
        count(prefix).is_err_and(|error| error == message)
    };
    let found = tokens.partition_point(|token| !fails(token.end));
    tokens.get(found).map_or(0, |token| token.start)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
