//! New migrations, from the templates of the migration guide.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::filename::{self, Numbered, ROLLBACK_DIR};
use super::layout::Stream;

const MIGRATION: &str = include_str!("templates/migration.sql");
const ROLLBACK: &str = include_str!("templates/rollback.sql");
const STEP: &str = include_str!("templates/step.sql");
const STEP_ROLLBACK: &str = include_str!("templates/step_rollback.sql");
/// The longest description, in bytes: what remains of the 255 that file systems allow serves backups and archives.
const MAX_DESCRIPTION: usize = 100;

/// What is known of a migration before it is written.
#[derive(Debug, Clone)]
pub struct NewMigration<'a> {
    /// A few words, such as `Add device info`; they become the title and, with `_`, the file's name.
    pub description: &'a str,
    /// The ticket; a placeholder that `validate` refuses when `None`.
    pub ticket: Option<&'a str>,
    /// The author; a placeholder that `validate` refuses when `None`.
    pub author: Option<&'a str>,
    /// Today.
    pub date: Date,
}

/// The files of a new migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPair {
    /// Its number.
    pub number: u32,
    /// The migration.
    pub migration: PathBuf,
    /// Its rollback.
    pub rollback: PathBuf,
}

/// Why there is no new migration; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NewError {
    /// The description cannot be made a file name.
    #[error("`{description}` is no description: {why}")]
    Description {
        /// The description as given.
        description: String,
        /// What is wrong, and what to write instead.
        why: &'static str,
    },
    /// A value of the header would not stay on its line.
    #[error("the {field} must be one line of text")]
    Field {
        /// The field of the header.
        field: &'static str,
    },
    /// The digits in use do not suffice for the next number.
    #[error("{number} has more than {width} digits: first rename all files to {} digits; what is applied stays applied", width + 1)]
    Width {
        /// The next number.
        number: u32,
        /// The digits in use.
        width: usize,
    },
    /// The file is already there.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Writes the next migration of a stream and its rollback: both or neither, and over no file that exists.
///
/// # Errors
/// [`NewError`].
pub fn new_migration(stream: &Stream, request: &NewMigration<'_>) -> Result<NewPair, NewError> {
    let slug = description(request.description)?;
    let ticket = one_line("ticket", request.ticket.unwrap_or("TICKET-XXX"))?;
    let author = one_line("author", request.author.unwrap_or("[Your Name]"))?;
    let number = stream.migrations.last().map_or(1, |last| last.number + 1);
    let width = stream.width;
    let name = Numbered {
        number,
        width,
        description: slug,
    };
    if name.number.to_string().len() > width {
        return Err(NewError::Width { number, width });
    }
    let fill = |template: &str| {
        let digits = format!("{number:0width$}");
        let (title, date) = (title(request.description), request.date.to_string());
        let values = [
            ("{number}", digits.as_str()),
            ("{title}", &title),
            ("{date}", &date),
            ("{ticket}", ticket),
            ("{author}", author),
        ];
        fill(template, &values)
    };
    let dir = &stream.source.dir;
    let migration = dir.join(name.with_width(width));
    let rollback = dir.join(ROLLBACK_DIR).join(name.rollback_name());
    let folder = dir.join(ROLLBACK_DIR);
    std::fs::create_dir_all(&folder).map_err(|source| NewError::Write {
        path: folder,
        source,
    })?;
    write_all(&[
        (migration.clone(), fill(MIGRATION)),
        (rollback.clone(), fill(ROLLBACK)),
    ])?;
    Ok(NewPair {
        number,
        migration,
        rollback,
    })
}

/// One migration of a series, written out but for its number and header.
pub(crate) struct Draft<'a> {
    /// A few words: the title and, with `_`, the file's name.
    pub words: &'a str,
    /// Comment lines.
    pub purpose: &'a str,
    /// One line.
    pub impact: &'a str,
    /// One line.
    pub risk: &'a str,
    /// One line.
    pub compliance: &'a str,
    /// Makes the texts of migration and rollback for a number.
    pub texts: &'a dyn Fn(&str) -> (String, String),
}

/// Who a series is written for.
#[derive(Debug, Clone, Copy)]
pub struct SeriesHeader<'a> {
    /// The ticket; a placeholder that `validate` refuses when `None`.
    pub ticket: Option<&'a str>,
    /// The author.
    pub author: &'a str,
    /// Today.
    pub date: Date,
}

/// Writes the next migrations of a stream with their rollbacks: all or none, and over no file that exists.
pub(crate) fn new_series(
    stream: &Stream,
    header: &SeriesHeader<'_>,
    drafts: &[Draft<'_>],
) -> Result<Vec<NewPair>, NewError> {
    let ticket = one_line("ticket", header.ticket.unwrap_or("TICKET-XXX"))?;
    let author = one_line("author", header.author)?;
    let (date, width) = (header.date.to_string(), stream.width);
    let mut files: Vec<(PathBuf, String)> = Vec::with_capacity(2 * drafts.len());
    let mut pairs = Vec::with_capacity(drafts.len());
    let first = stream.migrations.last().map_or(1, |last| last.number + 1);
    for (number, draft) in (first..).zip(drafts) {
        if number.to_string().len() > width {
            return Err(NewError::Width { number, width });
        }
        let words = shortened(draft.words);
        let name = Numbered {
            number,
            width,
            description: description(&words)?,
        };
        let digits = format!("{number:0width$}");
        let title = title(&words);
        let (up, down) = (draft.texts)(&digits);
        let values = [
            ("{number}", digits.as_str()),
            ("{title}", &title),
            ("{date}", &date),
            ("{ticket}", ticket),
            ("{author}", author),
            ("{purpose}", draft.purpose),
            ("{impact}", draft.impact),
            ("{risk}", draft.risk),
            ("{compliance}", draft.compliance),
            ("{up}", up.trim_end()),
            ("{down}", down.trim_end()),
        ];
        let dir = &stream.source.dir;
        let pair = NewPair {
            number,
            migration: dir.join(name.with_width(width)),
            rollback: dir.join(ROLLBACK_DIR).join(name.rollback_name()),
        };
        files.push((pair.migration.clone(), fill(STEP, &values)));
        files.push((pair.rollback.clone(), fill(STEP_ROLLBACK, &values)));
        pairs.push(pair);
    }
    let folder = stream.source.dir.join(ROLLBACK_DIR);
    std::fs::create_dir_all(&folder).map_err(|source| NewError::Write {
        path: folder,
        source,
    })?;
    write_all(&files)?;
    Ok(pairs)
}

/// Words of names that a file's name can hold, and no more than fit.
fn shortened(words: &str) -> String {
    let mut kept = String::new();
    for word in words.split_whitespace() {
        let word: String = word.chars().filter(char::is_ascii_graphic).collect();
        if kept.len() + word.len() < MAX_DESCRIPTION && !word.is_empty() {
            kept.push_str(if kept.is_empty() { "" } else { " " });
            kept.push_str(&word);
        }
    }
    kept
}

/// Writes new files, or removes again those that were written.
fn write_all(files: &[(PathBuf, String)]) -> Result<(), NewError> {
    for (index, (path, text)) in files.iter().enumerate() {
        write_new(path, text).inspect_err(|_| {
            for (written, _) in files.iter().take(index) {
                // The error that is told is the first one.
                let _ = std::fs::remove_file(written);
            }
        })?;
    }
    Ok(())
}

fn description(text: &str) -> Result<String, NewError> {
    let slug = filename::slug(text);
    let why = if !text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        "use only the letters a-z, digits, and signs of ASCII"
    } else if slug.is_empty() {
        "write a few words, such as `add device info`"
    } else if slug.len() > MAX_DESCRIPTION {
        "use at most 100 characters; the purpose has its own place in the header"
    } else if slug == "rollback" {
        "say what is changed; `rollback` is the name of rollback scripts"
    } else {
        return Ok(slug);
    };
    Err(NewError::Description {
        description: text.to_owned(),
        why,
    })
}

fn one_line<'a>(field: &'static str, value: &'a str) -> Result<&'a str, NewError> {
    let value = value.trim();
    let good = !value.is_empty() && !value.chars().any(char::is_control);
    good.then_some(value).ok_or(NewError::Field { field })
}

/// `add_device info` is `Add device info`.
fn title(description: &str) -> String {
    let spaced = description.replace('_', " ");
    let mut letters = spaced.trim().chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

/// Replaces each `{key}` once, left to right, so that a value that looks like a key stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 200);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let value = values.iter().find(|(key, _)| from.starts_with(key));
        let (key, value) = value.copied().unwrap_or(("{", "{"));
        filled.push_str(value);
        rest = from.get(key.len()..).unwrap_or_default();
    }
    filled + rest
}

/// Writes a file that does not exist yet, wholly or not at all.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), NewError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => NewError::Exists {
            path: path.to_owned(),
        },
        _ => NewError::Write {
            path: path.to_owned(),
            source,
        },
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .inspect_err(|_| {
            let _ = std::fs::remove_file(path);
        })
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_filled_again() {
        let filled = fill("{a} {b} {c", &[("{a}", "{b}"), ("{b}", "2")]);
        assert_eq!(filled, "{b} 2 {c");
    }

    #[test]
    fn words_of_any_names_make_a_description() {
        assert_eq!(shortened("fill größe of  t"), "fill gre of t");
        let long = format!("add {} to t", "x".repeat(95));
        assert_eq!(shortened(&long), format!("add {}", "x".repeat(95)));
    }

    #[test]
    fn titles_and_descriptions() {
        assert_eq!(title("add_device_info"), "Add device info");
        assert_eq!(
            description("Add ALCOA+ metadata!").unwrap(),
            "add_alcoa_metadata"
        );
        for text in [
            "",
            "  ",
            "---",
            "größe",
            "a\nb",
            "Rollback",
            &"x".repeat(101),
        ] {
            assert!(description(text).is_err(), "{text:?}");
        }
    }
}
