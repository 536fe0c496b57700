//! New migrations, from the templates of the migration guide.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::filename::{self, Numbered, ROLLBACK_DIR};
use super::layout::Stream;

const MIGRATION: &str = include_str!("templates/migration.sql");
const ROLLBACK: &str = include_str!("templates/rollback.sql");
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
    write_both([(&migration, &fill(MIGRATION)), (&rollback, &fill(ROLLBACK))])?;
    Ok(NewPair {
        number,
        migration,
        rollback,
    })
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

/// Writes two files, or removes the first again.
fn write_both(files: [(&PathBuf, &String); 2]) -> Result<(), NewError> {
    let [(first, first_text), (second, second_text)] = files;
    write_new(first, first_text)?;
    write_new(second, second_text).inspect_err(|_| {
        // What was written a moment ago is the only thing lost if this fails too; the error is the first one.
        let _ = std::fs::remove_file(first);
    })
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
