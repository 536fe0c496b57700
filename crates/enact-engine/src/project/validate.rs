//! Every problem of a repository's migrations, at once.

use enact_sql::header::Rollback;
use enact_sql::requirement::Bound;
use enact_sql::script::Script;

use super::Project;
use super::filename::Numbered;
use super::layout::{RollbackFile, StreamSource, analyse, located, no_rollback, script_problems};
use super::listing::{self, Listed, Listing};
use super::names::CORE;
use super::problem::Problem;

/// What a template leaves for its author to replace. Upper case, so that prose does not hold it by chance.
pub(super) const FILL_IN: &str = "FILL IN";
const PLACEHOLDERS: [&str; 6] = [
    FILL_IN,
    "FILL_IN",
    "TICKET-XXX",
    "[Your Name]",
    "Your migration SQL here",
    "XXX_description.sql",
];

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of migrations.
    pub migrations: usize,
    /// Number of rollback scripts.
    pub rollbacks: usize,
    /// Every problem, by file and line.
    pub problems: Vec<Problem>,
}

/// Looks at every file of the project's migration directory and reports every problem at once. Each file is read
/// and parsed once; problems of names and numbers do not hide those of the texts.
#[must_use]
pub fn validate(project: &Project) -> Report {
    validate_stream(&project.stream_source())
}

/// [`validate`] for a migration directory on its own.
#[must_use]
pub fn validate_stream(source: &StreamSource) -> Report {
    let listing = listing::list(source);
    let mut validation = Validation {
        source,
        listing: &listing,
        problems: listing.problems.clone(),
    };
    listing
        .migrations
        .iter()
        .for_each(|file| validation.migration(file));
    listing
        .rollbacks
        .iter()
        .for_each(|file| validation.rollback(file));
    let mut problems = validation.problems;
    problems.sort();
    problems.dedup();
    Report {
        migrations: listing.migrations.len(),
        rollbacks: listing.rollbacks.len(),
        problems,
    }
}

struct Validation<'a> {
    source: &'a StreamSource,
    listing: &'a Listing,
    problems: Vec<Problem>,
}

impl Validation<'_> {
    fn migration(&mut self, file: &Listed) {
        let Some(script) = self.script(file) else {
            return;
        };
        let checks = Checks {
            script: &script,
            name: &file.name,
        };
        let own = self.source.name.as_str();
        self.problems.extend(checks.placeholders());
        self.problems.extend(checks.required());
        self.problems.extend(checks.title());
        self.problems.extend(checks.requirements(own));
        self.problems.extend(checks.foreign_requirements(own));
        let declared = match &script.header.rollback {
            Some(Rollback::None { reason }) => Some(RollbackFile::None(reason.clone())),
            _ => None,
        };
        match (self.listing.rollback_of(file.name.number), declared) {
            (None, None) => self.problems.push(no_rollback(self.source, file)),
            (Some(rollback), Some(_)) => {
                let message = format!(
                    "the header says `Rollback: none`, but there is {}",
                    self.source.shown(&rollback.path).display()
                );
                let mend = "delete the line, or the script";
                self.problems.push(checks.at_value(
                    "none",
                    "rollback-contradiction",
                    message,
                    mend,
                ));
            }
            _ => {}
        }
    }

    fn rollback(&mut self, file: &Listed) {
        let Some(script) = self.script(file) else {
            return;
        };
        let checks = Checks {
            script: &script,
            name: &file.name,
        };
        self.problems.extend(checks.placeholders());
        self.problems.extend(checks.rollback_title());
    }

    /// The analysed script; its own problems are taken down.
    fn script(&mut self, file: &Listed) -> Option<Script> {
        match analyse(self.source, &file.path) {
            Ok(script) => {
                self.problems.extend(script_problems(&script));
                let empty = script.segments.is_empty() && script.problems.is_empty();
                self.problems
                    .extend(empty.then(|| self.without_statements(file)));
                Some(script)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn without_statements(&self, file: &Listed) -> Problem {
        let mend = "write what the file is there for; one that does nothing would be recorded as a success";
        Problem::of_file(
            "no-statements",
            self.source.shown(&file.path),
            "the file holds no statement",
            mend,
        )
    }
}

/// The rules of one file's header and text.
struct Checks<'a> {
    script: &'a Script,
    name: &'a Numbered,
}

impl Checks<'_> {
    fn problem(
        &self,
        offset: usize,
        id: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Problem {
        located(self.script, offset, id, message, mend)
    }

    /// A problem where a header value first stands.
    fn at_value(
        &self,
        value: &str,
        id: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Problem {
        self.problem(
            self.script.text().find(value).unwrap_or(0),
            id,
            message,
            mend,
        )
    }

    fn digits(&self) -> String {
        format!("{:0width$}", self.name.number, width = self.name.width)
    }

    /// One problem per line that still holds a template's text, unless the header's reader has named that line.
    fn placeholders(&self) -> Vec<Problem> {
        let text = self.script.text();
        let mut problems = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let found = PLACEHOLDERS
                .iter()
                .find_map(|placeholder| Some((*placeholder, line.find(placeholder)?)));
            let named = |range: &std::ops::Range<usize>| {
                range.start < start + line.len() && range.end > start
            };
            let known = self
                .script
                .problems
                .iter()
                .any(|problem| problem.id == "header-placeholder" && named(&problem.range));
            if let (Some((placeholder, at)), false) = (found, known) {
                let message = format!("the template's text `{placeholder}` is still there");
                problems.push(self.problem(
                    start + at,
                    "placeholder",
                    message,
                    "replace it with your own, or delete it",
                ));
            }
            start += line.len();
        }
        problems
    }

    fn required(&self) -> Vec<Problem> {
        let header = &self.script.header;
        let example = format!("{} - Description", self.digits());
        let fields = [
            ("Migration", &header.migration, example.as_str()),
            ("Ticket", &header.ticket, "<where the change was asked for>"),
            ("Author", &header.author, "<who wrote it>"),
            ("Date", &header.date, "YYYY-MM-DD"),
            ("Purpose", &header.purpose, "<what it is for>"),
        ];
        let missing = fields
            .into_iter()
            .filter(|(field, value, _)| value.is_none() && !self.is_reported(field));
        let problem = |(field, _, example): (&str, _, &str)| {
            let message = format!("the header has no `{field}`");
            self.problem(
                0,
                "header-missing",
                message,
                format!("add `-- {field}: {example}`"),
            )
        };
        missing.map(problem).collect()
    }

    /// Has the header's reader said what is wrong with this field?
    fn is_reported(&self, field: &str) -> bool {
        let of_field = |text: &str| {
            text.get(..field.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(field))
        };
        let mut of_header = self
            .script
            .problems
            .iter()
            .filter(|problem| problem.id.starts_with("header-"));
        of_header.any(|problem| {
            self.script
                .text()
                .get(problem.range.clone())
                .is_some_and(of_field)
        })
    }

    /// Number and words of the header against the file's name.
    fn title(&self) -> Option<Problem> {
        let header = &self.script.header;
        let written = header.migration.as_deref()?;
        let (digits, title) = header.number_and_title()?;
        if let Some(problem) = self.number(digits, written, "Migration") {
            return Some(problem);
        }
        let words = super::filename::slug(title);
        let has = |word: &str| words.split('_').any(|other| other == word);
        let absent = self
            .name
            .description
            .split('_')
            .find(|word| !word.is_empty() && !has(word))?;
        let message = format!(
            "the header's title `{title}` does not hold `{absent}`, a word of the file's name"
        );
        Some(self.at_value(
            written,
            "header-title",
            message,
            "let file name and title say the same",
        ))
    }

    fn number(&self, digits: &str, written: &str, field: &str) -> Option<Problem> {
        if digits.parse() == Ok(self.name.number) {
            return None;
        }
        let own = self.digits();
        let message = format!("the header says number {digits}, the file's name {own}");
        Some(self.at_value(
            written,
            "header-number",
            message,
            format!("write `-- {field}: {own} - …`"),
        ))
    }

    fn rollback_title(&self) -> Option<Problem> {
        match self.script.header.rollback.as_ref()? {
            Rollback::None { .. } => {
                let message = "a rollback script whose header says `Rollback: none`";
                let mend = format!(
                    "write `-- Rollback: {} - <title of the migration>`",
                    self.digits()
                );
                Some(self.problem(0, "rollback-contradiction", message, mend))
            }
            Rollback::Text(written) => {
                let end = written
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(written.len());
                let digits = written.get(..end).filter(|digits| !digits.is_empty())?;
                self.number(digits, written, "Rollback")
            }
            _ => None,
        }
    }

    /// The core knows no extension: one that required another would be a circle.
    fn foreign_requirements(&self, own: &str) -> impl Iterator<Item = Problem> {
        let requirements = self.script.header.requirements.iter();
        let foreign = requirements.filter(move |one| own == CORE && one.requirement.stream != own);
        foreign.map(|one| {
            self.problem(
                one.range.start,
                "extension-required",
                format!(
                    "the core requires {}, and knows no extension",
                    one.requirement
                ),
                "let the extension require the core, never the other way round",
            )
        })
    }

    /// A migration cannot require itself or a later one of its own stream.
    fn requirements(&self, own: &str) -> Vec<Problem> {
        let requirements = self
            .script
            .header
            .requirements
            .iter()
            .filter(|required| required.requirement.stream == own);
        let later = requirements.filter_map(|required| match required.requirement.bound {
            Bound::Migration(number) if number >= self.name.number => {
                Some((number, required.range.start))
            }
            _ => None,
        });
        let problem = |(number, offset): (u32, usize)| {
            let message = format!(
                "it depends on {number:0width$} of its own stream, which does not come before it",
                width = self.name.width
            );
            self.problem(
                offset,
                "dependency-order",
                message,
                "name an earlier migration, or leave it out: the order of numbers holds anyway",
            )
        };
        later.map(problem).collect()
    }
}
