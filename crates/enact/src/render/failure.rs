//! A failure as text and as a document.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::failure::{Excerpt, Failure, Place, name};
use crate::ui::style::{self, STRONG, paint, safe};
use crate::wire;

/// The text for people. `terminal` says that a person reads it now and nothing keeps it.
pub fn text(failure: &Failure, terminal: bool) -> String {
    let mut text = headline(failure);
    text.push('\n');
    if let Some(sqlstate) = &failure.sqlstate {
        text.push_str(&line("sqlstate", sqlstate));
    }
    for (label, fact) in failure.facts.iter().chain(&failure.listed) {
        text.push_str(&line(label, fact));
    }
    if terminal {
        for (label, fact) in &failure.private {
            text.push_str(&line(label, fact));
        }
    } else if !failure.private.is_empty() {
        text.push_str(&line(
            "detail",
            "the server's detail can hold data and is shown on a terminal alone",
        ));
    }
    if let Some(effect) = &failure.effect {
        text.push_str(&line("effect", effect));
    }
    for next in &failure.next {
        text.push_str(&style::next(next));
    }
    text
}

fn line(label: &str, text: &str) -> String {
    let text = safe(text.trim_end()).replace('\n', "\n    ");
    format!("  {} {text}\n", paint(STRONG, &format!("{label}:")))
}

/// The first line, and the place with its caret.
fn headline(failure: &Failure) -> String {
    let message = safe(&failure.message);
    let title = Level::ERROR.primary_title(message).id(name(failure.exit));
    let group = match &failure.place {
        Some(Place {
            file,
            excerpt: Some(excerpt),
            ..
        }) => title.element(snippet(file, excerpt)),
        Some(place) => title.element(
            Origin::path(safe(&place.file))
                .line(place.line as usize)
                .char_column(place.column as usize),
        ),
        None => annotate_snippets::Group::with_title(title),
    };
    Renderer::styled().render(&[group])
}

fn snippet<'e>(file: &str, excerpt: &'e Excerpt) -> Snippet<'e, annotate_snippets::Annotation<'e>> {
    let mark = AnnotationKind::Primary.span(excerpt.span.clone());
    Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line as usize)
        .path(safe(file))
        .annotation(mark)
}

/// The document for programs. What is private stays out of it.
pub fn document(failure: &Failure) -> wire::Error<'_> {
    let place = failure.place.as_ref();
    let facts = failure.facts.iter();
    wire::Error {
        schema: "enact.error/1",
        exit: failure.exit.code(),
        code: name(failure.exit),
        message: &failure.message,
        location: place.map(|place| wire::Location {
            file: &place.file,
            line: place.line,
            column: place.column,
        }),
        sqlstate: failure.sqlstate.as_deref(),
        effect: failure.effect.as_deref(),
        next: &failure.next,
        facts: facts
            .map(|(label, text)| wire::Labelled { label, text })
            .collect(),
        details: &failure.details,
    }
}

#[cfg(test)]
mod tests {
    use enact_engine::exit::Exit;

    use super::*;

    fn failure() -> Failure {
        let mut failure = Failure::new(Exit::MigrationFailed, "it \u{1b}[31mfailed")
            .effect("nothing")
            .next("enact apply");
        failure.private.push(("detail", "Jane Doe".to_owned()));
        failure
    }

    #[test]
    fn private_lines_are_for_terminals_alone() {
        assert!(text(&failure(), true).contains("Jane Doe"));
        assert!(!text(&failure(), false).contains("Jane Doe"));
        let document = serde_json::to_string(&document(&failure())).unwrap();
        assert!(!document.contains("Jane Doe"), "{document}");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let text = anstream::adapter::strip_str(&text(&failure(), true)).to_string();
        assert!(text.contains("it \\u{1b}[31mfailed"), "{text}");
    }
}
