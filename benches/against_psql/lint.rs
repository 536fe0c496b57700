//! Lint beside squawk, which reads the same files with another parser and fewer rules.

use std::path::Path;
use std::process::Command;

use enact_testkit::{Must, TestEnv};

use crate::files::Repository;
use crate::lab::Lab;
use enact_bench::measure::{Times, cpu, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Lint";

/// How many times longer the longer file is.
const LONGER: usize = 4;

pub fn section(lab: &Lab) -> Section {
    let files = lab.scale.large;
    let repository = Repository::write(&lab.program, &lab.psql, files / 2);
    let (own, other) = beside_squawk(lab, &repository);
    let mut lines = vec![line(
        &format!("CPU time of lint, {files} files"),
        Target::None,
        &own,
    )];
    match other {
        Some(other) => {
            let what = format!("CPU time of squawk, {files} files");
            lines.push(line(&what, Target::None, &other));
            let ratio = (own.median() / other.median(), Unit::Ratio);
            lines.push(Line::new(
                "lint by squawk",
                Target::AtMost(2.0),
                ratio,
                "the two lines above",
            ));
        }
        None => lines.push(Line::missing(
            "lint by squawk",
            "ENACT_SQUAWK names no program",
        )),
    }
    lines.push(one_file(lab));
    lines.push(linear(lab));
    let method = "Half of the files are migrations, half are rollbacks. squawk gets all of them in one call; its program is the one that \
                  `scripts/second-opinion.sh` fetches, named by `ENACT_SQUAWK`. CPU time is user and system time of all threads; the two \
                  take turns. The time of one file is on the wall, from the program's start to its end. For the last line, a file of 400 \
                  statements and one of four times as many are read: 1.00 is linear.";
    Section {
        title: TITLE,
        method: method.into(),
        lines,
    }
}

fn line(what: &str, target: Target, times: &Times) -> Line {
    let from = format!("{}, {}×", times.show(), times.count());
    Line::new(what, target, (times.median(), Unit::Time), from)
}

/// What squawk finds is no failure.
fn indulgent(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "\"$@\" || true", "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    shell.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    shell
}

fn beside_squawk(lab: &Lab, repository: &Repository) -> (Times, Option<Times>) {
    let lint = repository.enact(&["lint"]);
    let squawk = std::env::var_os("ENACT_SQUAWK").map(|program| {
        let folder = lint.get_current_dir().unwrap_or(Path::new("."));
        let mut command = Command::new(program);
        command.current_dir(folder).args(sql(folder));
        indulgent(&command)
    });
    let (mut own, mut other) = (Times::default(), Times::default());
    for _ in 0..lab.scale.often {
        own.push(cpu(&lint));
        if let Some(squawk) = &squawk {
            other.push(cpu(squawk));
        }
    }
    (own, squawk.map(|_| other))
}

/// The migrations and rollbacks of a repository.
fn sql(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for below in ["migrations", "migrations/rollback"] {
        let entries = std::fs::read_dir(folder.join(below)).must("read the migrations");
        let paths = entries.map(|entry| entry.must("read the migrations").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "sql")));
    }
    files.sort();
    files
}

/// A repository of one file with so many statements.
fn single(lab: &Lab, statements: usize) -> TestEnv {
    let env = TestEnv::new(&lab.program);
    let config = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n[lint]\nfail = \"never\"\n";
    env.write("enact.toml", config);
    env.write("migrations/rollback/001_rollback.sql", "SELECT 1;\n");
    let one = |number: usize| {
        format!("ALTER TABLE visit ADD COLUMN c{number} text CHECK (c{number} <> '');\n")
    };
    env.write(
        "migrations/001_step.sql",
        (0..statements).map(one).collect::<String>(),
    );
    env
}

fn time_of(lab: &Lab, statements: usize, often: usize) -> Times {
    let env = single(lab, statements);
    let mut times = Times::default();
    for _ in 0..often {
        let mut command = env.command();
        command.arg("lint");
        times.push(timed(command));
    }
    times
}

fn one_file(lab: &Lab) -> Line {
    let times = time_of(lab, 3, lab.scale.many);
    line(
        "lint of one file of three statements",
        Target::AtMost(0.010),
        &times,
    )
}

/// The time of a longer file for each of its statements, by that of a shorter one.
fn linear(lab: &Lab) -> Line {
    let shorter = time_of(lab, 400, lab.scale.often);
    let longer = time_of(lab, 400 * LONGER, lab.scale.often);
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let ratio = longer.median() / (shorter.median() * LONGER as f64);
    let from = format!("{} and {}", shorter.show(), longer.show());
    Line::new(
        "time by length of a file",
        Target::AtMost(1.2),
        (ratio, Unit::Ratio),
        from,
    )
}
