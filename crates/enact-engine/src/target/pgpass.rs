//! Passwords from `~/.pgpass`.

use std::path::Path;

use super::conninfo::Warning;
use super::secret::Secret;

/// What to look up: the four fields in front of a password.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// Host name; `localhost` for a socket in the default directory.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: &'a str,
    /// User.
    pub user: &'a str,
}

/// The first matching password in the text of a password file.
pub fn lookup(text: &str, key: Key<'_>) -> Option<Secret> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| match_line(line, key))
}

fn match_line(line: &str, key: Key<'_>) -> Option<Secret> {
    let port = key.port.to_string();
    let mut rest = line.strip_suffix('\r').unwrap_or(line);
    for wanted in [key.host, &port, key.database, key.user] {
        let (field, tail) = take_field(rest)?;
        if field.raw != "*" && field.text != wanted {
            return None;
        }
        rest = tail;
    }
    let password = unescape(rest);
    (!password.is_empty()).then(|| Secret::new(password))
}

struct Field<'a> {
    raw: &'a str,
    text: String,
}

/// The text up to the next unescaped colon.
fn take_field(line: &str) -> Option<(Field<'_>, &str)> {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            ':' if !escaped => {
                let raw = &line[..at];
                return Some((
                    Field {
                        raw,
                        text: unescape(raw),
                    },
                    &line[at + 1..],
                ));
            }
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// Removes backslashes up to the first unescaped colon, where libpq ends a password too.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            ':' => break,
            c => out.push(c),
        }
    }
    out
}

/// Reads a password file as libpq does: a missing one is silent, one that others may read is ignored with a warning.
pub fn read(path: &Path) -> Result<Option<String>, Warning> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(None);
    };
    if !metadata.is_file() {
        return Err(Warning::PassFileNotPlain(path.to_owned()));
    }
    if is_open_to_others(&metadata) {
        return Err(Warning::PassFileOpen(path.to_owned()));
    }
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) => Err(Warning::PassFileUnreadable(path.to_owned(), error.kind())),
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key<'static> = Key {
        host: "db.example",
        port: 5432,
        database: "orion",
        user: "enact",
    };

    #[test]
    fn first_matching_line_wins() {
        for (text, password) in [
            ("db.example:5432:orion:enact:one", Some("one")),
            ("# db.example:5432:orion:enact:no\n*:*:*:*:two", Some("two")),
            (
                "other:*:*:*:no\ndb.example:*:*:enact:three\n*:*:*:*:four",
                Some("three"),
            ),
            ("db.example:5433:orion:enact:no", None),
            (r"*:*:*:*:a\:b\\c", Some(r"a:b\c")),
            (r"db\.example:*:*:*:escaped", Some("escaped")),
            ("*:*:*:*:tail:ignored", Some("tail")),
            ("*:*:*:*:", None),
            ("*:*:*", None),
            ("*:*:*:*:crlf\r\n", Some("crlf")),
            (r"\*:*:*:*:literal star", None),
        ] {
            let found = lookup(text, KEY);
            assert_eq!(found.as_ref().map(Secret::expose), password, "{text}");
        }
    }
}
