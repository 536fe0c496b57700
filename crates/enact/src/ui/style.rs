//! Colours by meaning, and text from elsewhere made harmless.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// It went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// It deserves a look.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
/// It went wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What to do.
const NEXT: Style = AnsiColor::Cyan.on_default();
/// A heading.
pub const STRONG: Style = Style::new().bold();
/// Less important.
pub const DIM: Style = Style::new().dimmed();

/// `text` in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` without anything that a terminal would obey: control characters and those that turn the direction of
/// writing become visible escapes. Line breaks and tabs stay.
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && c != '\n' && c != '\t') || turns_direction(c) {
            // Writing to a string cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// As [`safe`], on one line and no longer than `most` characters.
pub fn safe_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = safe(&line);
    match line.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
        None => line,
    }
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// A line that says what to do next.
pub fn next(words: &str) -> String {
    format!("{} {}\n", paint(NEXT, "next:"), safe(words))
}

/// `1 statement`, `2 statements`.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// A time span as people say it.
pub fn span(took: std::time::Duration) -> String {
    match took.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms @ 1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        assert_eq!(
            safe("a\u{1b}[31mb\u{7}\r\n\u{202e}c\u{9b}"),
            "a\\u{1b}[31mb\\u{7}\\u{d}\n\\u{202e}c\\u{9b}"
        );
        assert_eq!(safe_line("select\n  1;  -- é", 8), "select 1…");
    }

    #[test]
    fn spans_are_short() {
        let spans = [12, 1250, 61_000].map(|ms| span(std::time::Duration::from_millis(ms)));
        assert_eq!(spans, ["12 ms", "1.2 s", "1 min 1 s"]);
    }
}
