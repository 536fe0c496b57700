//! Files that do not follow the rules.

use enact_engine::exit::Exit;
use enact_engine::project::Problem;

use crate::failure::Failure;
use crate::ui::style::plural;
use crate::wire;

/// Problems shown before the rest is counted.
const SHOWN: usize = 20;

/// The files of a repository are invalid.
pub fn invalid(problems: &[Problem]) -> Failure {
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
