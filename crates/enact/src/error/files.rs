//! Files that do not follow the rules.

use enact_engine::exit::Exit;
use enact_engine::project::{ConfigError, InitError, NewError, Problem};

use crate::failure::Failure;
use crate::ui::style::plural;
use crate::wire;

/// What the names of problems with the pinned core begin with.
const CORE: &str = "core-";
/// Problems shown before the rest is counted.
const SHOWN: usize = 20;

/// The files of a repository are invalid.
pub fn invalid(problems: &[Problem]) -> Failure {
    let of_core = |problem: &Problem| problem.id.starts_with(CORE);
    if problems.iter().all(of_core) && !problems.is_empty() {
        return core(problems);
    }
    let message = format!(
        "the migration files are invalid: {}",
        plural(problems.len(), "problem")
    );
    let mut failure = Failure::new(Exit::FilesInvalid, message);
    let shown = problems.iter().take(SHOWN);
    failure
        .listed
        .extend(shown.map(|problem| ("problem", problem.to_string())));
    let more = problems.len().saturating_sub(SHOWN);
    if more > 0 {
        failure.listed.push(("more", plural(more, "problem")));
    }
    failure.details.problems = Some(problems.iter().map(problem).collect());
    failure.next("enact validate")
}

/// The core that a repository is pinned to is not to be had, or not what was pinned.
fn core(problems: &[Problem]) -> Failure {
    let mut failure = Failure::new(
        Exit::HistoryDisagrees,
        "the core release that this repository builds on cannot be used",
    );
    let shown = problems
        .iter()
        .map(|problem| ("problem", problem.message.clone()));
    failure.listed.extend(shown);
    failure
        .next
        .extend(problems.iter().map(|problem| problem.mend.clone()));
    failure.details.problems = Some(problems.iter().map(problem).collect());
    failure
}

/// One problem for programs.
pub fn problem(problem: &Problem) -> wire::Problem {
    wire::Problem {
        file: problem.file.display().to_string(),
        line: problem.line,
        column: problem.column,
        id: problem.id,
        message: problem.message.clone(),
        mend: problem.mend.clone(),
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match &error {
            ConfigError::Invalid { problems } => {
                let mut failure = invalid(problems);
                failure.exit = Exit::Usage;
                failure.message = "the configuration is invalid".to_owned();
                let files = problems.iter().map(|problem| problem.file.display());
                failure.next = files.take(1).map(|file| format!("edit {file}")).collect();
                failure
            }
            ConfigError::NotFound { .. } => Self::usage(error.to_string()).next("enact init core"),
            ConfigError::NoEnvironment { name, .. } => {
                let next =
                    format!("name one that enact.toml has, or add [environments.{name}] to it");
                Self::usage(error.to_string()).next(next)
            }
            _ => Self::usage(error.to_string()).causes(&error),
        }
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        let exit = match error {
            InitError::Write { .. } => Exit::Unexpected,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string()).causes(&error)
    }
}

impl From<NewError> for Failure {
    fn from(error: NewError) -> Self {
        let exit = match error {
            NewError::Write { .. } => Exit::Unexpected,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string())
            .causes(&error)
            .effect("nothing was written")
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        invalid(&problems)
    }
}
