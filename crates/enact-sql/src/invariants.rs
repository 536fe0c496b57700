//! What holds for every text, however broken; for the fuzz target and the tests.

use std::ops::Range;

use crate::meaning::meaning;
use crate::script::{Script, analyse_text};
use crate::split::Splitter;
use crate::text::{digest, digest_bytes, normalise};

/// Reads any bytes as a file and checks what must hold of the result.
///
/// # Errors
/// Names the invariant that is broken.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let Ok(text) = normalise(bytes) else {
        return Ok(());
    };
    hold(
        normalise(text.as_bytes()).as_deref() == Ok(&text),
        "normalising again changes nothing",
    )?;
    hold(
        digest(&text) == digest_bytes(bytes),
        "the digest is that of the normalised text",
    )?;
    pieces(&text)?;
    let script = analyse_text(text.clone(), "fuzz.sql");
    hold(
        script.meaning == meaning(&text).ok(),
        "there is one meaning",
    )?;
    places(&script)
}

fn hold(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn pieces(text: &str) -> Result<(), String> {
    let mut done = 0;
    for piece in Splitter::new(text) {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return hold(error.offset() < text.len(), "an error names an opening"),
        };
        hold(
            piece.range.start == done && piece.range.end > done,
            "pieces follow one another",
        )?;
        hold(within(&piece.body, &piece.range), "a body is in its piece")?;
        done = piece.range.end;
    }
    hold(done == text.len(), "pieces cover the text")
}

fn places(script: &Script) -> Result<(), String> {
    let mut done = 0;
    for statement in script.statements() {
        hold(statement.range.start >= done, "statements are in order")?;
        hold(
            !script.sql(statement).is_empty(),
            "a statement is not empty",
        )?;
        let data = statement.copy_data.clone();
        done = data.map_or(statement.range.end, |data| data.end);
    }
    for problem in &script.problems {
        let place = script.text().get(problem.range.clone());
        hold(place.is_some(), "a problem is in the text")?;
        hold(
            script.locate(problem.range.start).line > 0,
            "a problem has a line",
        )?;
    }
    hold(
        script
            .segments
            .iter()
            .all(|segment| !segment.statements.is_empty()),
        "no segment is empty",
    )
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    /// Fragments that open, close or border something.
    const PARTS: &str = "('|E'|\\\\'|\"|\\$\\$|\\$a\\$|\\$1|/\\*|\\*/|--|\n|;|\\(|\\)|\\[|:a| |\\\\i x|\\\\\\.|\
        BEGIN;|COMMIT;|ROLLBACK;|SELECT 1|SET lock_timeout=0|copy t from stdin;\n|create function f\\(\\) begin atomic |\
        case |end|DO |VACUUM|-- enact: allow\\(x\\) y\n|-- Rollback: none\n|enact\\.x|ä|U&\"|\r\n|\u{feff}){0,12}";

    proptest! {
        #[test]
        fn they_hold_for_broken_sql(text in PARTS) {
            prop_assert_eq!(check(text.as_bytes()), Ok(()));
        }

        #[test]
        fn they_hold_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(check(&bytes), Ok(()));
        }

        #[test]
        fn they_hold_for_any_text(text in "(?s).{0,60}") {
            prop_assert_eq!(check(text.as_bytes()), Ok(()));
        }
    }
}
