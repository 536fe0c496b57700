//! psql meta-commands: which are ignored, which include a file, and advice for the rest.

use std::ops::Range;

use crate::script::Problem;

/// What Enact does with a meta-command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meta<'a> {
    Ignored,
    /// `\i` or, when relative to the file it stands in, `\ir`.
    Include {
        path: &'a str,
        relative: bool,
    },
    Refused,
}

/// Reads one meta-command, from its backslash to the end of its line.
pub(crate) fn read(command: &str) -> Meta<'_> {
    let command = command.trim();
    let name_end = command.find(char::is_whitespace).unwrap_or(command.len());
    let (name, rest) = command.split_at(name_end);
    let rest = rest.trim();
    match name {
        // A backslash starts a second command on the same line.
        _ if rest.contains('\\') => Meta::Refused,
        "\\restrict" | "\\unrestrict" | "\\echo" | "\\qecho" | "\\warn" | "\\timing" | "\\pset" => {
            Meta::Ignored
        }
        "\\set" if rest.split_whitespace().next() == Some("ON_ERROR_STOP") => Meta::Ignored,
        "\\i" | "\\include" => include(rest, false),
        "\\ir" | "\\include_relative" => include(rest, true),
        _ => Meta::Refused,
    }
}

pub(crate) fn is_ignored(command: &str) -> bool {
    read(command) == Meta::Ignored
}

fn include(argument: &str, relative: bool) -> Meta<'_> {
    let quoted = argument
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    let path = quoted.unwrap_or(argument);
    let plain = quoted.is_some() || !path.contains(char::is_whitespace);
    match plain && !path.is_empty() && !path.contains(['\'', '`', ':', '"']) {
        true => Meta::Include { path, relative },
        false => Meta::Refused,
    }
}

/// The problem of a meta-command that Enact does not take.
pub(crate) fn refusal(text: &str, range: &Range<usize>) -> Problem {
    let command = text.get(range.clone()).unwrap_or_default().trim();
    let name = command.split_whitespace().next().unwrap_or(command);
    Problem::new(
        "psql-meta-command",
        range.clone(),
        format!("psql meta-command `{name}` is not executed by Enact"),
        advice(name),
    )
}

/// The problem of a meta-command within a statement.
pub(crate) fn inside_statement(text: &str, range: &Range<usize>) -> Problem {
    let command = text.get(range.clone()).unwrap_or_default().trim();
    let name = command.split_whitespace().next().unwrap_or(command);
    Problem::new(
        "psql-meta-command",
        range.clone(),
        format!("psql meta-command `{name}` stands inside a statement"),
        match name {
            "\\;" => "end the statement with `;`: Enact sends each statement on its own",
            _ => "end the statement with `;` first, and put the command on a line of its own",
        },
    )
}

fn advice(name: &str) -> &'static str {
    match name {
        "\\connect" | "\\c" => "remove it: Enact connects to the target itself",
        "\\copy" => "write `COPY … FROM stdin;` with the data lines and `\\.` after it",
        "\\!" => "remove it: a migration runs no shell commands",
        "\\gexec" | "\\gset" | "\\g" | "\\gx" => {
            "end the statement with `;`; build statements with `EXECUTE format(…)` in a DO block"
        }
        "\\if" | "\\elif" | "\\else" | "\\endif" => "write the condition in a DO block",
        "\\set" | "\\unset" | "\\prompt" | "\\getenv" => {
            "write the value itself: Enact has no psql variables"
        }
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => {
            "write one path without variables, on a line of its own"
        }
        "\\encoding" => "remove it: migrations are UTF-8",
        "\\." => "it ends COPY data, but no `COPY … FROM stdin` stands before it",
        _ => "remove it, or write it in SQL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_commands_are_ignored() {
        for command in [
            "\\restrict abc",
            "\\unrestrict abc",
            "\\set ON_ERROR_STOP on",
            "\\echo a;b",
            "\\timing",
            "\\pset pager off",
        ] {
            assert_eq!(read(command), Meta::Ignored, "{command}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for command in [
            "\\set x 1",
            "\\connect db",
            "\\! rm x",
            "\\echo a \\! rm x",
            "\\i",
            "\\i :file",
            "\\gexec",
            "\\",
        ] {
            assert_eq!(read(command), Meta::Refused, "{command}");
        }
    }

    #[test]
    fn includes_name_their_file() {
        assert_eq!(
            read("\\i a/b.sql "),
            Meta::Include {
                path: "a/b.sql",
                relative: false
            }
        );
        assert_eq!(
            read("\\ir 'my file.sql'"),
            Meta::Include {
                path: "my file.sql",
                relative: true
            }
        );
    }
}
