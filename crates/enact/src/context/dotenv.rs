//! `.env`: variables for a developer's machine. It never overrides the real environment.

use std::collections::BTreeMap;
use std::path::Path;

/// The variables of a file; none if there is no such file.
pub fn read(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(variable).collect()
}

/// `NAME=value`, perhaps behind `export`; the value plain, or in single or double quotes.
fn variable(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    is_name(name).then(|| (name.to_owned(), unquote(value.trim())))
}

fn unquote(value: &str) -> String {
    let quoted = |quote: char| {
        let rest = value.strip_prefix(quote)?;
        rest.split_once(quote).map(|(inside, _)| inside.to_owned())
    };
    quoted('"').or_else(|| quoted('\'')).unwrap_or_else(|| {
        // A comment begins with ` #`; a `#` inside a URL belongs to it.
        let plain = value.split_once(" #").map_or(value, |(before, _)| before);
        plain.trim().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        for (line, wanted) in [
            ("A=b", Some(("A", "b"))),
            ("export A=b", Some(("A", "b"))),
            (
                "URL=postgres://u@h/d?x=1#y",
                Some(("URL", "postgres://u@h/d?x=1#y")),
            ),
            ("A='b # c'  # d", Some(("A", "b # c"))),
            ("A=\"b\"", Some(("A", "b"))),
            ("A = b # c", Some(("A", "b"))),
            ("A=", Some(("A", ""))),
            ("# A=b", None),
            ("", None),
            ("A-B=c", None),
        ] {
            let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(variable(line), wanted, "{line}");
        }
    }
}
