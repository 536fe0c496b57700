//! The terminal: where results go, where messages go, and what may be asked.

pub mod progress;
pub mod style;
pub mod table;

use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;

use crate::cli::{Color, Format, Global};
use crate::failure::Failure;
use enact_engine::exit::Exit;

/// Both output streams and how to use them.
#[derive(Debug, Clone)]
pub struct Ui {
    /// Form of the result.
    pub format: Format,
    /// Results and errors alone.
    pub quiet: bool,
    /// More than usual.
    pub verbose: bool,
    /// Messages are read by a person at a terminal.
    pub terminal: bool,
    interactive: bool,
    colored_result: bool,
    colored_messages: bool,
}

impl Ui {
    /// As the options and the environment ask for.
    pub fn new(global: &Global, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let terminal = io::stderr().is_terminal();
        let colored = |stream: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => automatic(stream, variable),
        };
        Self {
            format: global.format,
            quiet: global.quiet,
            verbose: global.verbose,
            terminal,
            interactive: terminal && io::stdin().is_terminal(),
            colored_result: colored(io::stdout().is_terminal()),
            colored_messages: colored(terminal),
        }
    }

    /// Writes the result of the command.
    ///
    /// # Errors
    /// When it cannot be written. That nobody reads any more is no error.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        let text = plain_unless(self.colored_result, text);
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(
                Exit::Unexpected,
                format!("the result could not be written: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Writes the result: the document for programs, or the text for people.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn answer(
        &self,
        document: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => self.result(&text()),
            _ => self.result(&json(document)),
        }
    }

    /// Writes a line about what is going on.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.message(line);
        }
    }

    /// Writes a warning.
    pub fn warn(&self, text: &str) {
        self.message(&style::paint(style::WARNING, &format!("warning: {text}")));
    }

    /// Writes a line that is never left out.
    pub fn message(&self, line: &str) {
        let text = self.colored(line);
        // Where messages cannot be written there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// `line` with its colours, or without where messages have none.
    pub fn colored(&self, line: &str) -> String {
        plain_unless(self.colored_messages, line)
    }

    /// Whether a person can answer.
    pub fn can_ask(&self) -> bool {
        self.interactive
    }

    /// Asks on the terminal; `None` when there is no answer.
    pub fn ask(&self, question: &str) -> Option<String> {
        let question = self.colored(question);
        let mut messages = io::stderr().lock();
        write!(messages, "{question} ")
            .and_then(|()| messages.flush())
            .ok()?;
        drop(messages);
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_owned())
    }
}

/// A document as people can read it too.
pub fn json(document: &impl Serialize) -> String {
    // Only maps with keys that are no strings cannot be written, and the documents have none.
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    text + "\n"
}

fn automatic(stream: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_some_and(|term| term == "dumb");
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    match (set("NO_COLOR"), forced) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => stream && !dumb,
    }
}

fn plain_unless(colored: bool, text: &str) -> String {
    if colored {
        text.to_owned()
    } else {
        anstream::adapter::strip_str(text).to_string()
    }
}
