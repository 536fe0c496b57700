//! Where in a file the server found fault.

use std::ops::Range;
use std::path::PathBuf;

use enact_sql::script::{Script, Segment};

use super::ServerError;

/// Where in a file a statement was refused.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The file that holds the line, relative to the repository's root: the script, or one that it includes.
    pub file: PathBuf,
    /// Byte range in the text: the spot the server points at, else the whole statement.
    pub span: Range<usize>,
    /// One-based line of the spot.
    pub line: u32,
    /// One-based column of the spot, in characters.
    pub column: u32,
}

impl Place {
    /// The place of `statement`, one-based within `segment`; 0 is `COMMIT`, shown at the last statement.
    pub(crate) fn of(
        script: &Script,
        segment: &Segment,
        statement: usize,
        server: &ServerError,
    ) -> Self {
        let statement = statement
            .checked_sub(1)
            .and_then(|at| segment.statements.get(at));
        let range = statement
            .or(segment.statements.last())
            .map_or(0..0, |statement| statement.range.clone());
        let text = script.text();
        let spot = server.position.filter(|_| statement.is_some());
        let spot =
            spot.map(|position| enact_sql::lines::server_offset(text, &range, position as usize));
        let span = spot.map_or(range, |start| start..start + 1);
        let place = script.locate(span.start);
        Self {
            file: place.file.into(),
            span,
            line: counted(place.line),
            column: counted(place.column),
        }
    }
}

/// A line or column as records and messages state it.
pub(crate) fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
