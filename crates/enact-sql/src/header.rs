//! The header of a migration: the guide's template, read from the comments before the first
//! statement.

use std::ops::Range;

use crate::lex::{Kind, Lexer};
use crate::requirement::{self, Reading, Requirement};
use crate::script::Problem;

/// What a `-- Rollback:` line says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rollback {
    /// The migration cannot be undone.
    None {
        /// Why, in the author's words.
        reason: String,
    },
    /// Any other text, such as the title of a rollback script.
    Text(String),
}

/// A requirement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// What is required.
    pub requirement: Requirement,
    /// Byte range of the requirement.
    pub range: Range<usize>,
}

/// The header's fields; a field that is missing or empty is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// `Migration`, as written: `002 - Add audit metadata`.
    pub migration: Option<String>,
    /// `Ticket`.
    pub ticket: Option<String>,
    /// `Author`.
    pub author: Option<String>,
    /// `Date`, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// `Purpose`, its lines joined by LF.
    pub purpose: Option<String>,
    /// `Dependencies`, as written.
    pub dependencies: Option<String>,
    /// The machine-readable part of `Dependencies`.
    pub requirements: Vec<Required>,
    /// `Impact`.
    pub impact: Option<String>,
    /// `Risk`.
    pub risk: Option<String>,
    /// `Downtime`.
    pub downtime: Option<String>,
    /// `Compliance`.
    pub compliance: Option<String>,
    /// `Rollback`.
    pub rollback: Option<Rollback>,
}

impl Header {
    /// Number and description of `Migration`, where it is written `NNN - Description`.
    #[must_use]
    pub fn number_and_title(&self) -> Option<(&str, &str)> {
        let (number, title) = self.migration.as_deref()?.split_once(" - ")?;
        let digits = number.trim();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| (digits, title.trim()))
    }
}

const FIELDS: [&str; 11] = [
    "Migration",
    "Ticket",
    "Author",
    "Date",
    "Purpose",
    "Dependencies",
    "Impact",
    "Risk",
    "Downtime",
    "Compliance",
    "Rollback",
];

/// One field and its lines of text, each with its range.
struct Field {
    name: &'static str,
    range: Range<usize>,
    lines: Vec<Range<usize>>,
}

/// Reads the header at the beginning of a text, and what is wrong with it.
#[must_use]
pub fn read(text: &str) -> (Header, Vec<Problem>) {
    let mut reader = Reader {
        text,
        header: Header::default(),
        problems: Vec::new(),
    };
    let mut seen: Vec<&str> = Vec::new();
    for field in fields(text) {
        if seen.contains(&field.name) {
            reader.problem(
                "header-duplicate",
                &field.range,
                format!("`{}` stands twice in the header", field.name),
                "keep one of them",
            );
            continue;
        }
        seen.push(field.name);
        reader.field(&field);
    }
    (reader.header, reader.problems)
}

/// Byte ranges of the comment lines before the first statement, without the dashes.
fn comment_lines(text: &str) -> Vec<Range<usize>> {
    let mut lexer = Lexer::new(text);
    let mut lines = Vec::new();
    while let Ok(Some(token)) = lexer.next_token() {
        match token.kind {
            Kind::LineComment => {
                let dashes = token
                    .of(text)
                    .bytes()
                    .take_while(|byte| *byte == b'-')
                    .count();
                lines.push(trim(text, token.start + dashes..token.end));
            }
            Kind::Space => lines.extend(blank_line(token.of(text), token.end)),
            Kind::BlockComment => {}
            _ => break,
        }
    }
    lines
}

/// An empty line ends a field.
fn blank_line(space: &str, end: usize) -> Option<Range<usize>> {
    (space.matches('\n').count() > 1).then_some(end..end)
}

fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut open = false;
    for line in comment_lines(text) {
        let content = text.get(line.clone()).unwrap_or_default();
        if let Some((name, value)) = field_start(content) {
            let start = line.end - value.len();
            let written = Some(start..line.end).filter(|range| !range.is_empty());
            let lines = written.into_iter().collect();
            fields.push(Field {
                name,
                range: line,
                lines,
            });
            open = true;
        } else if is_border(content) || crate::directive::looks_like(content) {
            open = false;
        } else if let (true, Some(field)) = (open, fields.last_mut()) {
            field.lines.push(line);
        }
    }
    fields
}

fn field_start(content: &str) -> Option<(&'static str, &str)> {
    let (name, value) = content.split_once(':')?;
    let known = FIELDS
        .into_iter()
        .find(|field| field.eq_ignore_ascii_case(name.trim()))?;
    Some((known, value.trim()))
}

fn is_border(content: &str) -> bool {
    content.chars().all(|c| "=-*#_".contains(c))
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let content = text.get(range.clone()).unwrap_or_default();
    let start = range.end - content.trim_start().len();
    let end = start + content.trim().len();
    start..end
}

struct Reader<'a> {
    text: &'a str,
    header: Header,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, id: &'static str, range: &Range<usize>, message: String, mend: &str) {
        self.problems
            .push(Problem::new(id, range.clone(), message, mend));
    }

    fn value(&self, field: &Field) -> Option<String> {
        let lines = field
            .lines
            .iter()
            .filter_map(|line| self.text.get(line.clone()));
        let value = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    fn field(&mut self, field: &Field) {
        let Some(value) = self.value(field) else {
            return;
        };
        if is_placeholder(&value) {
            let message = format!("`{}` still holds the template's text `{value}`", field.name);
            self.problem(
                "header-placeholder",
                &field.range,
                message,
                "fill it in, or remove the line",
            );
            return;
        }
        match field.name {
            "Migration" => self.migration(field, value),
            "Ticket" => self.header.ticket = Some(value),
            "Author" => self.header.author = Some(value),
            "Date" => self.date(field, value),
            "Purpose" => self.header.purpose = Some(value),
            "Dependencies" => self.dependencies(field, value),
            "Impact" => self.header.impact = Some(value),
            "Risk" => self.header.risk = Some(value),
            "Downtime" => self.header.downtime = Some(value),
            "Compliance" => self.header.compliance = Some(value),
            _ => self.rollback(field, value),
        }
    }

    fn migration(&mut self, field: &Field, value: String) {
        self.header.migration = Some(value);
        if self.header.number_and_title().is_none() {
            self.problem(
                "header-migration",
                &field.range,
                "`Migration` has no number and description".into(),
                "write `-- Migration: NNN - Description`",
            );
        }
    }

    fn date(&mut self, field: &Field, value: String) {
        if is_date(&value) {
            self.header.date = Some(value);
        } else {
            let message = format!("`{value}` is no date");
            self.problem(
                "header-date",
                &field.range,
                message,
                "write it as `-- Date: YYYY-MM-DD`",
            );
        }
    }

    fn rollback(&mut self, field: &Field, value: String) {
        let mut words = value.splitn(2, |c: char| c.is_whitespace() || "-–—:,".contains(c));
        let none = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("none"));
        let reason = words.next().unwrap_or_default();
        let reason = reason.trim_matches(|c: char| c.is_whitespace() || "-–—:,".contains(c));
        if none && reason.is_empty() {
            self.problem(
                "header-rollback",
                &field.range,
                "`Rollback: none` gives no reason".into(),
                "write `-- Rollback: none - <reason>`",
            );
        } else if none {
            self.header.rollback = Some(Rollback::None {
                reason: reason.to_owned(),
            });
        } else {
            self.header.rollback = Some(Rollback::Text(value));
        }
    }

    fn dependencies(&mut self, field: &Field, value: String) {
        self.header.dependencies = Some(value);
        for line in &field.lines {
            for item in items(self.text, line) {
                self.dependency(&item);
            }
        }
    }

    fn dependency(&mut self, item: &Range<usize>) {
        let content = self.text.get(item.clone()).unwrap_or_default();
        match requirement::read(content) {
            Reading::Prose => {}
            Reading::Requirement(requirement) => {
                let range = item.clone();
                self.header
                    .requirements
                    .push(Required { requirement, range });
            }
            Reading::Malformed => {
                let message = format!("`{content}` is no requirement that Enact understands");
                let mend = "write `core >= 005`, `core ~ 1.3` or `orion 002`";
                self.problem("header-dependency", item, message, mend);
            }
        }
    }
}

fn is_placeholder(value: &str) -> bool {
    let bracketed = value.starts_with('[') && value.ends_with(']');
    bracketed || ["XXX", "TICKET-XXX", "XXX - Description", "YYYY-MM-DD"].contains(&value)
}

fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |part: &str, width: usize| {
        (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The comma-separated items of a line, without list marks.
fn items(text: &str, line: &Range<usize>) -> Vec<Range<usize>> {
    let content = text.get(line.clone()).unwrap_or_default();
    let mut at = line.start;
    let mut items = Vec::new();
    for part in content.split([',', ';']) {
        let item = trim(text, at..at + part.len());
        at += part.len() + 1;
        let marked = text.get(item.clone()).unwrap_or_default();
        let unmarked = marked
            .strip_prefix("- ")
            .or_else(|| marked.strip_prefix("* "))
            .unwrap_or(marked);
        items.push(item.end - unmarked.len()..item.end);
    }
    items
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
