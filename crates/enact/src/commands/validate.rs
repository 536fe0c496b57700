//! `enact validate`

use enact_engine::exit::Exit;
use enact_engine::project::{Problem, Report, validate};

use crate::context::Context;
use crate::error::problem;
use crate::failure::Failure;
use crate::ui::style::{BAD, GOOD, STRONG, paint, plural, safe};
use crate::wire;

pub fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let report = validate(&project);
    let valid = report.problems.is_empty();
    let document = wire::Validate {
        schema: "enact.validate/1",
        valid,
        stream: project.config.project.name.to_string(),
        migrations: report.migrations,
        rollbacks: report.rollbacks,
        problems: report.problems.iter().map(problem).collect(),
    };
    context.ui.answer(&document, || text(&document, &report))?;
    Ok(if valid {
        Exit::Done
    } else {
        Exit::FilesInvalid
    })
}

fn text(document: &wire::Validate, report: &Report) -> String {
    let mut text: String = report.problems.iter().map(problem_text).collect();
    let files = format!(
        "{}: {}, {}",
        document.stream,
        plural(report.migrations, "migration"),
        plural(report.rollbacks, "rollback")
    );
    text += &match report.problems.len() {
        0 => format!("{files}, {}\n", paint(GOOD, "all valid")),
        many => format!("{files}, {}\n", paint(BAD, &plural(many, "problem"))),
    };
    text
}

fn problem_text(problem: &Problem) -> String {
    let mut place = problem.file.display().to_string();
    for number in [problem.line, problem.column].into_iter().flatten() {
        place += &format!(":{number}");
    }
    format!(
        "{}: {} [{}]\n  mend: {}\n",
        paint(STRONG, &safe(&place)),
        safe(&problem.message),
        problem.id,
        safe(&problem.mend)
    )
}
