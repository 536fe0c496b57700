//! Byte offsets to lines and columns, and the server's error positions to byte offsets.

use std::ops::Range;

/// A place in a text as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The line starts of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMap {
    starts: Vec<usize>,
}

impl LineMap {
    /// Finds the line starts of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(after_breaks.map(|(at, _)| at + 1))
            .collect();
        Self { starts }
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor_boundary(text, offset);
        let line = self.line(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = 1 + text
            .get(start..offset)
            .map_or(0, |part| part.chars().count());
        Position { line, column }
    }

    /// Line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }
}

/// Byte offset in `text` of a server's error position, which counts characters from 1 within
/// the statement that was sent.
#[must_use]
pub fn server_offset(text: &str, statement: &Range<usize>, position: usize) -> usize {
    let sent = text.get(statement.clone()).unwrap_or_default();
    let within = sent.char_indices().nth(position.saturating_sub(1));
    statement.start + within.map_or(sent.len(), |(offset, _)| offset)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let place = LineMap::new(text).position(text, offset);
        (place.line, place.column)
    }

    #[test]
    fn columns_count_characters() {
        let text = "äö = x\nß;\n";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, text.find('=').unwrap()), (1, 4));
        assert_eq!(at(text, text.find(';').unwrap()), (2, 2));
        assert_eq!(at(text, text.len()), (3, 1));
        assert_eq!(at(text, 1), (1, 1), "inside a character is the character");
        assert_eq!(at(text, 999), (3, 1));
        assert_eq!(at("", 0), (1, 1));
    }

    #[test]
    fn server_positions_count_characters_of_the_statement() {
        let text = "select 'ä';\nselect 'ö', x;";
        let statement = 13..text.len();
        assert_eq!(text.get(13..), Some("select 'ö', x;"));
        let offset = server_offset(text, &statement, 13);
        assert_eq!(&text[offset..], "x;");
        assert_eq!(server_offset(text, &statement, 900), text.len());
        assert_eq!(server_offset(text, &statement, 0), statement.start);
    }
}
