//! Directives: comments `-- enact: <word> …`.

use std::ops::Range;

use crate::backfill::{Fault, KEYS, Options};
use crate::script::Problem;

/// What a directive says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectiveKind {
    /// `allow(<rule>) <reason>`: a finding of this rule is accepted.
    Allow {
        /// Kebab-case name of the rule.
        rule: String,
        /// Why, in the author's words.
        reason: String,
    },
    /// `no-transaction <reason>`: run outside a transaction.
    NoTransaction {
        /// Why, in the author's words; empty for the bare form `-- no-transaction`.
        reason: String,
    },
    /// `backfill key=value …`: the statement behind it runs in batches.
    Backfill(Options),
}

/// One directive and what it applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directive {
    /// What it says.
    pub kind: DirectiveKind,
    /// Byte range of the comment.
    pub range: Range<usize>,
    /// Number of the statement it applies to, from 0 in file order; `None` is the whole file.
    pub statement: Option<usize>,
}

const KNOWN: [&str; 3] = ["allow", "backfill", "no-transaction"];

/// Could this line comment be meant as a directive?
pub(crate) fn looks_like(comment: &str) -> bool {
    directive_text(comment).is_some() || bare_no_transaction(comment).is_some()
}

fn directive_text(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches('-').trim_start();
    let (name, rest) = text.split_at_checked(5)?;
    let rest = rest.trim_start().strip_prefix(':')?;
    name.eq_ignore_ascii_case("enact").then(|| rest.trim())
}

/// The reason after `-- no-transaction`, which other tools know too.
fn bare_no_transaction(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches('-').trim();
    let rest = text.strip_prefix("no-transaction")?;
    (rest.is_empty() || rest.starts_with([' ', ':', '\t']))
        .then(|| rest.trim_matches([' ', ':', '\t', '-']))
}

/// Reads one directive from its comment, which stands at `range`.
pub(crate) fn parse(comment: &str, range: &Range<usize>) -> Result<DirectiveKind, Problem> {
    let Some(text) = directive_text(comment) else {
        let reason = bare_no_transaction(comment).unwrap_or_default().to_owned();
        return Ok(DirectiveKind::NoTransaction { reason });
    };
    let word_end = text
        .find(|c: char| c == '(' || c.is_whitespace())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(word_end);
    match word {
        "allow" => allow(rest, range),
        "backfill" => backfill(rest, range),
        "no-transaction" => no_transaction(rest, range),
        _ => Err(unknown(word, range)),
    }
}

fn allow(rest: &str, range: &Range<usize>) -> Result<DirectiveKind, Problem> {
    let parts = rest
        .trim_start()
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    let Some((rule, reason)) = parts.map(|(rule, reason)| (rule.trim(), reason.trim())) else {
        return Err(Problem::new(
            "directive-malformed",
            range.clone(),
            "allow names no rule",
            "write `-- enact: allow(<rule>) <reason>`",
        ));
    };
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if rule.is_empty() || !rule.chars().all(kebab) {
        return Err(Problem::new(
            "directive-malformed",
            range.clone(),
            format!("`{rule}` is no name of a rule"),
            "write one rule in lower case with hyphens, such as `allow(drop-column) <reason>`",
        ));
    }
    if reason.is_empty() {
        return Err(without_reason(range, &format!("allow({rule})")));
    }
    Ok(DirectiveKind::Allow {
        rule: rule.to_owned(),
        reason: reason.to_owned(),
    })
}

fn no_transaction(rest: &str, range: &Range<usize>) -> Result<DirectiveKind, Problem> {
    match rest.trim() {
        "" => Err(without_reason(range, "no-transaction")),
        reason => Ok(DirectiveKind::NoTransaction {
            reason: reason.to_owned(),
        }),
    }
}

fn backfill(rest: &str, range: &Range<usize>) -> Result<DirectiveKind, Problem> {
    let malformed =
        |message, mend| Problem::new("directive-malformed", range.clone(), message, mend);
    Options::parse(rest)
        .map(DirectiveKind::Backfill)
        .map_err(|fault| match fault {
            Fault::Value(key, wanted) => malformed(
                format!("`{key}` of a backfill has no value that it can have"),
                format!("write `{key}=` and {wanted}"),
            ),
            Fault::Key(key) => malformed(
                format!("a backfill has no `{key}`"),
                match nearest(&key, &KEYS) {
                    Some(known) => format!("did you mean `{known}=`?"),
                    None => format!(
                        "it knows {}",
                        KEYS.map(|key| format!("`{key}=`")).join(", ")
                    ),
                },
            ),
        })
}

fn without_reason(range: &Range<usize>, directive: &str) -> Problem {
    Problem::new(
        "directive-without-reason",
        range.clone(),
        format!("directive `{directive}` gives no reason"),
        format!("write `-- enact: {directive} <reason>`"),
    )
}

fn unknown(word: &str, range: &Range<usize>) -> Problem {
    let mend = match nearest(word, &KNOWN) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!(
            "known directives are {}",
            KNOWN.map(|known| format!("`{known}`")).join(", ")
        ),
    };
    Problem::new(
        "directive-unknown",
        range.clone(),
        format!("unknown directive `{word}`"),
        mend,
    )
}

fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let nearest = known.iter().min_by_key(|known| distance(word, known));
    nearest.copied().filter(|known| distance(word, known) <= 3)
}

/// Number of single-character edits between two words.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(comment: &str) -> Result<DirectiveKind, Problem> {
        assert!(looks_like(comment), "{comment}");
        parse(comment, &(0..comment.len()))
    }

    #[test]
    fn known_directives() {
        assert_eq!(
            read("-- enact: allow(set-not-null) table is empty").unwrap(),
            DirectiveKind::Allow {
                rule: "set-not-null".into(),
                reason: "table is empty".into()
            }
        );
        let declared = DirectiveKind::NoTransaction {
            reason: "commits inside".into(),
        };
        assert_eq!(
            read("--enact:no-transaction commits inside").unwrap(),
            declared
        );
        assert_eq!(read("-- no-transaction: commits inside").unwrap(), declared);
        let bare = DirectiveKind::NoTransaction {
            reason: String::new(),
        };
        assert_eq!(read("-- no-transaction").unwrap(), bare);
    }

    #[test]
    fn a_reason_is_compulsory() {
        assert_eq!(
            read("-- enact: allow(x)").unwrap_err().id,
            "directive-without-reason"
        );
        assert_eq!(
            read("-- enact: no-transaction ").unwrap_err().id,
            "directive-without-reason"
        );
        assert_eq!(
            read("-- enact: allow reason").unwrap_err().id,
            "directive-malformed"
        );
        assert_eq!(
            read("-- enact: allow(A b) reason").unwrap_err().id,
            "directive-malformed"
        );
    }

    #[test]
    fn unknown_directives_get_a_suggestion() {
        let problem = read("-- Enact: no-transactoin x").unwrap_err();
        assert_eq!(problem.id, "directive-unknown");
        assert_eq!(problem.mend, "did you mean `no-transaction`?");
        let problem = read("-- enact: frobnicate").unwrap_err();
        assert_eq!(
            problem.mend,
            "known directives are `allow`, `backfill`, `no-transaction`"
        );
    }

    #[test]
    fn prose_is_no_directive() {
        assert!(!looks_like("-- enact the law"));
        assert!(!looks_like("-- no-transactions here"));
        assert!(!looks_like("-- enacted: x"));
        assert!(!looks_like("--"));
        assert!(!looks_like("-- ünact: x"));
    }
}
