//! What belongs to Enact alone: its schema, the timeouts, the role, the session's rules.

use std::ops::Range;

use pg_query::NodeEnum;
use pg_query::protobuf::{VariableSetKind, VariableSetStmt, a_const};

use crate::classify::Refusal;
use crate::lex::{Kind, Lexer, Token};

/// Settings that a migration must leave alone, and why.
const OWNED: [(&str, &str); 14] = [
    ("lock_timeout", TIMEOUT),
    ("statement_timeout", TIMEOUT),
    ("idle_in_transaction_session_timeout", TIMEOUT),
    ("transaction_timeout", TIMEOUT),
    ("deadlock_timeout", TIMEOUT),
    ("default_transaction_read_only", TRANSACTION),
    ("default_transaction_isolation", TRANSACTION),
    ("default_transaction_deferrable", TRANSACTION),
    ("transaction_read_only", TRANSACTION),
    ("transaction_isolation", TRANSACTION),
    (
        "synchronous_commit",
        "remove the line; the record of the migration must survive a crash",
    ),
    (
        "session_replication_role",
        "remove the line; it would switch off triggers and foreign keys",
    ),
    (
        "role",
        "remove the line; configure `role` for the target, or use SET LOCAL ROLE",
    ),
    (
        "session_authorization",
        "remove the line; configure `role` for the target, or use SET LOCAL ROLE",
    ),
];
const TIMEOUT: &str = "remove the line; Enact owns the timeouts";
const TRANSACTION: &str = "remove the line; Enact owns the transactions";

fn owned(setting: &str) -> Option<Refusal> {
    let (_, mend) = OWNED
        .iter()
        .find(|(name, _)| setting.eq_ignore_ascii_case(name))?;
    Some(Refusal::new(
        "session-state",
        format!("sets `{}`", setting.to_ascii_lowercase()),
        *mend,
    ))
}

/// What is wrong with a top-level `SET` or `RESET`.
pub(crate) fn set(stmt: &VariableSetStmt) -> Option<Refusal> {
    match (stmt.kind(), stmt.name.as_str()) {
        (VariableSetKind::VarResetAll, _) => Some(Refusal::new(
            "session-state",
            "RESET ALL undoes what Enact set for its session",
            "reset single settings; Enact resets the session after each migration anyway",
        )),
        (VariableSetKind::VarSetMulti, "TRANSACTION SNAPSHOT") => None,
        (VariableSetKind::VarSetMulti, _) => Some(Refusal::new(
            "transaction-options",
            "sets options of transactions that Enact owns",
            TRANSACTION,
        )),
        (_, "role") if stmt.is_local => None,
        (VariableSetKind::VarSetValue, "standard_conforming_strings") => switched_off(stmt),
        (VariableSetKind::VarSetValue, "client_encoding") => foreign_encoding(stmt),
        (_, name) => owned(name),
    }
}

fn switched_off(stmt: &VariableSetStmt) -> Option<Refusal> {
    let on = ["on", "true", "yes", "1"];
    (!on.contains(&value(stmt).to_ascii_lowercase().as_str())).then(|| {
        let mend = "remove the line; write E'…' where a backslash should escape";
        Refusal::new(
            "session-state",
            "sets `standard_conforming_strings` off, which changes how the file reads",
            mend,
        )
    })
}

fn foreign_encoding(stmt: &VariableSetStmt) -> Option<Refusal> {
    let utf8 = ["utf8", "utf-8", "unicode"];
    (!utf8.contains(&value(stmt).to_ascii_lowercase().as_str())).then(|| {
        Refusal::new(
            "session-state",
            "sets a `client_encoding` other than UTF-8",
            "remove the line; migrations are UTF-8",
        )
    })
}

fn value(stmt: &VariableSetStmt) -> String {
    let node = stmt.args.first().and_then(|arg| arg.node.as_ref());
    match node {
        Some(NodeEnum::AConst(constant)) => match &constant.val {
            Some(a_const::Val::Sval(value)) => value.sval.clone(),
            Some(a_const::Val::Ival(value)) => value.ival.to_string(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

pub(crate) fn discard() -> Refusal {
    Refusal::new(
        "session-state",
        "DISCARD undoes what Enact set for its session",
        "remove the line; Enact resets the session after each migration",
    )
}

/// Does a procedural body hold `COMMIT` or `ROLLBACK` as a statement of its own?
pub(crate) fn ends_transaction(body: &str) -> bool {
    let tokens = significant(body);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.of(body));
    tokens.iter().enumerate().any(|(at, token)| {
        let ends = is(body, *token, "commit") || is(body, *token, "rollback");
        let whole = word(at + 1) == ";" || word(at + 1).eq_ignore_ascii_case("and");
        let called = word(at + 1) == "(" && at > 0 && word(at - 1) == ".";
        ends && ((whole && starts_statement(body, &tokens, at)) || called)
    })
}

/// Does a body that a `CREATE PROCEDURE` quotes hold `COMMIT` or `ROLLBACK`?
pub(crate) fn body_ends_transaction(sql: &str) -> bool {
    let tokens = significant(sql);
    let walk = Walk {
        text: sql,
        tokens: &tokens,
        path: false,
        schema: false,
    };
    let bodies = (0..tokens.len()).filter_map(|at| walk.body(at, false));
    bodies
        .into_iter()
        .any(|body| ends_transaction(body.of(sql)))
}

/// The parts of the qualified name after a keyword, folded as PostgreSQL does.
pub(crate) fn name_after(sql: &str, keyword: &str) -> Vec<String> {
    let tokens = significant(sql);
    let after = tokens
        .iter()
        .skip_while(|token| !is(sql, **token, keyword))
        .skip(1);
    let part =
        |token: &Token| matches!(token.kind, Kind::Word | Kind::QuotedName) || token.of(sql) == ".";
    after
        .take_while(|token| part(token))
        .filter(|token| token.of(sql) != ".")
        .map(|token| folded(token.of(sql)))
        .collect()
}

fn folded(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
}

/// Places where a statement speaks of Enact's own schema.
pub(crate) fn enact_mentions(sql: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if mentions(sql, "enact") {
        enact_in(sql, 0, false, &mut found);
    }
    found
}

/// Settings of Enact's that a statement sets by `set_config`, or a `DO` body also by `SET`.
pub(crate) fn owned_settings(sql: &str, is_do: bool) -> Vec<(Range<usize>, Refusal)> {
    let mut found = Vec::new();
    if is_do || mentions(sql, "set_config") {
        settings_in(sql, 0, is_do, false, &mut found);
    }
    found
}

fn mentions(text: &str, wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    let first = wanted.first().map_or(0, u8::to_ascii_lowercase);
    let starts = |window: &&[u8]| {
        window
            .first()
            .is_some_and(|byte| byte.to_ascii_lowercase() == first)
    };
    text.as_bytes()
        .windows(wanted.len())
        .filter(starts)
        .any(|window| window.eq_ignore_ascii_case(wanted))
}

fn significant(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    while let Ok(Some(token)) = lexer.next_token() {
        if !token.is_trivia() {
            tokens.push(token);
        }
    }
    tokens
}

fn is(text: &str, token: Token, word: &str) -> bool {
    token.kind == Kind::Word && token.of(text).eq_ignore_ascii_case(word)
}

/// Is this token the first of a statement in a procedural body?
fn starts_statement(text: &str, tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| tokens.get(at)) else {
        return true;
    };
    let opens = ["begin", "then", "else", "loop", "declare"];
    matches!(before.of(text), ";" | ">>") || opens.iter().any(|word| is(text, *before, word))
}

fn names_enact(text: &str, token: Token) -> bool {
    is(text, token, "enact") || (token.kind == Kind::QuotedName && token.of(text) == "\"enact\"")
}

/// Walks one level of text, `offset` bytes into the statement, and what it quotes.
fn enact_in(text: &str, offset: usize, in_body: bool, found: &mut Vec<Range<usize>>) {
    let tokens = significant(text);
    let mut walk = Walk {
        text,
        tokens: &tokens,
        path: false,
        schema: false,
    };
    for at in 0..tokens.len() {
        let Some(token) = tokens.get(at).copied() else {
            break;
        };
        let place = offset + token.start..offset + token.end;
        if walk.says_enact(at) {
            found.push(place);
        } else if let Some(inner) = walk.body(at, in_body) {
            enact_in(inner.of(text), offset + inner.start, true, found);
        }
    }
}

/// A walk over the tokens of one text.
struct Walk<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Inside the value of `search_path`.
    path: bool,
    /// Inside a list of schemas.
    schema: bool,
}

impl Walk<'_> {
    fn word(&self, at: Option<usize>) -> &str {
        let token = at.and_then(|at| self.tokens.get(at));
        token.map_or("", |token| token.of(self.text))
    }

    fn word_is(&self, at: Option<usize>, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    fn says_enact(&mut self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at).copied() else {
            return false;
        };
        self.follow(at, token);
        if token.kind == Kind::Text {
            return self.text_says_enact(at, token);
        }
        names_enact(self.text, token)
            && (self.word(Some(at + 1)) == "."
                || self.schema
                || self.path
                || self.renames_schema(at))
    }

    /// Keeps track of whether the tokens are a list of schemas or a search path.
    fn follow(&mut self, at: usize, token: Token) {
        let word = token.of(self.text);
        let unquoted = word.trim_matches('\'');
        if unquoted.eq_ignore_ascii_case("search_path") {
            self.path = true;
        } else if word == ";" || (self.path && is(self.text, token, "as")) {
            self.path = false;
        }
        let goes_on = ["if", "not", "exists", "authorization", ","]
            .iter()
            .any(|go| word.eq_ignore_ascii_case(go));
        let after_comma = self.word(at.checked_sub(1)) == ",";
        let listed =
            self.schema && (goes_on || after_comma || self.opens_schema_list(at.checked_sub(1)));
        self.schema = is(self.text, token, "schema") || listed;
    }

    fn opens_schema_list(&self, at: Option<usize>) -> bool {
        ["schema", "exists", "authorization"]
            .iter()
            .any(|word| self.word_is(at, word))
    }

    /// `ALTER SCHEMA x RENAME TO enact`, `IMPORT FOREIGN SCHEMA … INTO enact`.
    fn renames_schema(&self, at: usize) -> bool {
        let first_two =
            |one: &str, two: &str| self.word_is(Some(0), one) && self.word_is(Some(1), two);
        let before = at.checked_sub(1);
        (first_two("alter", "schema") && self.word_is(before, "to"))
            || (first_two("import", "foreign") && self.word_is(before, "into"))
    }

    /// `'enact.ledger'::regclass`, `set_config('search_path', 'enact', …)`, `SET SCHEMA 'enact'`.
    fn text_says_enact(&self, at: usize, token: Token) -> bool {
        let content = token.of(self.text).trim_matches('\'');
        let mut parts = content.split(',').map(|part| part.trim().trim_matches('"'));
        let listed = parts.any(|part| part.eq_ignore_ascii_case("enact"));
        let qualified = content.split_at_checked(6).is_some_and(|(schema, name)| {
            schema.eq_ignore_ascii_case("enact.")
                && !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '"')
        });
        let comment = self.word_is(at.checked_sub(1), "is");
        ((self.path || self.schema) && listed) || (qualified && !comment)
    }

    /// The code that a token quotes, without its quotes.
    fn body(&self, at: usize, in_body: bool) -> Option<Token> {
        let token = *self.tokens.get(at)?;
        let before = at.checked_sub(1);
        let routine = self.word_is(Some(0), "create") || self.word_is(Some(0), "do");
        let executed = in_body
            && (self.word_is(before, "execute")
                || (self.word(before) == "(" && self.word_is(at.checked_sub(2), "format")));
        match token.kind {
            Kind::Dollar if routine || executed => inside_dollars(self.text, token),
            Kind::Text
                if executed
                    || (routine && (self.word_is(before, "as") || self.word_is(before, "do"))) =>
            {
                inside_quotes(self.text, token)
            }
            _ => None,
        }
    }
}

fn inside_dollars(text: &str, token: Token) -> Option<Token> {
    let delimiter = token.of(text).get(1..)?.find('$')? + 2;
    let (start, end) = (token.start + delimiter, token.end.checked_sub(delimiter)?);
    (start <= end).then_some(Token {
        start,
        end,
        ..token
    })
}

fn inside_quotes(text: &str, token: Token) -> Option<Token> {
    let start = token.start + token.of(text).find('\'')? + 1;
    let end = token.end.checked_sub(1)?;
    (start <= end).then_some(Token {
        start,
        end,
        ..token
    })
}

fn settings_in(
    text: &str,
    offset: usize,
    is_do: bool,
    in_body: bool,
    found: &mut Vec<(Range<usize>, Refusal)>,
) {
    let tokens = significant(text);
    let walk = Walk {
        text,
        tokens: &tokens,
        path: false,
        schema: false,
    };
    for (at, token) in tokens.iter().copied().enumerate() {
        let place = offset + token.start..offset + token.end;
        if let Some(refusal) = walk.sets(at, in_body) {
            found.push((place, refusal));
        } else if let Some(inner) = walk.body(at, in_body).filter(|_| is_do) {
            settings_in(inner.of(text), offset + inner.start, is_do, true, found);
        }
    }
}

impl Walk<'_> {
    fn sets(&self, at: usize, in_body: bool) -> Option<Refusal> {
        let token = *self.tokens.get(at)?;
        if token.kind == Kind::Text {
            let called = self.word(at.checked_sub(1)) == "("
                && self.word_is(at.checked_sub(2), "set_config");
            return owned(token.of(self.text).trim_matches('\'')).filter(|_| called);
        }
        if !in_body || token.kind != Kind::Word {
            return None;
        }
        let scope = ["local", "session"]
            .iter()
            .any(|scope| self.word_is(at.checked_sub(1), scope));
        let set = at.checked_sub(1 + usize::from(scope))?;
        let is_set =
            self.word_is(Some(set), "set") && starts_statement(self.text, self.tokens, set);
        let local_role = token.of(self.text).eq_ignore_ascii_case("role")
            && self.word_is(at.checked_sub(1), "local");
        owned(token.of(self.text)).filter(|_| is_set && !local_role)
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
