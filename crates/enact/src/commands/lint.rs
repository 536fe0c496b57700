//! `enact lint`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use enact_engine::exit::Exit;
use enact_engine::live::{self, LiveSchema};
use enact_engine::project::linting::{Linted, Selection, lint};
use enact_engine::project::{Project, Stream};
use enact_lint::Severity;

use super::{lint_sandbox as sandbox, number, stream};
use crate::cli::{self, Format};
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::render::lint as render;

pub async fn run(context: &Context, args: &cli::Lint) -> Result<Exit, Failure> {
    let project = context.project()?;
    let stream = stream(&project)?;
    let selection = selection(args, &project, &stream)?;
    let target = target(context, args, &project)?;
    let live = match &target {
        Some(target) => Some(schema(target, &stream).await?),
        None => None,
    };
    let mut linted = lint(&project, &stream, &selection, live.as_ref())?;
    if args.sandbox {
        sandbox::compare(context, args, (&project, &stream), &mut linted).await?;
    }
    let fail = project.config.lint.fail;
    let passed = !reaches(&linted, fail);
    let live = live.as_ref().zip(target.as_ref());
    let document = render::document(&project, &linted, passed, live);
    // These name files from the root of the git repository, where enact.toml need not be.
    let prefix = || prefix(&project.root);
    match context.ui.format {
        Format::Sarif => context
            .ui
            .result(&render::formats::sarif(&document, &prefix()))?,
        Format::Github => context
            .ui
            .result(&render::formats::github(&document, &prefix()))?,
        Format::Gitlab => context
            .ui
            .result(&render::formats::gitlab(&document, &prefix()))?,
        _ => context
            .ui
            .answer(&document, || render::text(&document, &linted))?,
    }
    Ok(if passed {
        Exit::Done
    } else {
        Exit::LintFindings
    })
}

/// A target that was named, not one that `DATABASE_URL` happens to hold: judging files needs none.
fn target(
    context: &Context,
    args: &cli::Lint,
    project: &Project,
) -> Result<Option<Target>, Failure> {
    let wanted = &args.target;
    let named = wanted.environment.is_some() || wanted.database_url.is_some();
    named
        .then(|| context.target(wanted, Some(project)))
        .transpose()
}

async fn schema(target: &Target, stream: &Stream) -> Result<LiveSchema, Failure> {
    let asked = Asked {
        verb: "lint",
        target,
        done: &[],
    };
    let failed = |error| error::run(error, asked);
    let begun = super::look(target).await.map_err(failed)?;
    let read = live::read(begun, stream.source.name.as_str()).await;
    read.map_err(failed)
}

fn reaches(linted: &[Linted], fail: Option<Severity>) -> bool {
    let mut findings = linted.iter().flat_map(|file| &file.findings);
    fail.is_some_and(|level| findings.any(|finding| finding.severity >= level))
}

fn selection(args: &cli::Lint, project: &Project, stream: &Stream) -> Result<Selection, Failure> {
    if let Some(revision) = &args.since {
        return changed(&project.root, revision).map(Selection::Files);
    }
    if args.numbers.is_empty() {
        return Ok(Selection::All);
    }
    let mut numbers = BTreeSet::new();
    for named in &args.numbers {
        if let Some(number) = number(Some(named), project)? {
            if stream.get(number).is_none() {
                let last = stream.migrations.len();
                return Err(Failure::usage(format!(
                    "there is no migration {named}; the last is {last:03}"
                )));
            }
            numbers.insert(number);
        }
    }
    Ok(Selection::Numbers(numbers))
}

/// The files below a folder that differ from where a revision and the present parted, and those that git does not
/// know yet; relative to the folder.
fn changed(folder: &Path, revision: &str) -> Result<BTreeSet<PathBuf>, Failure> {
    let differ = [
        "diff",
        "--merge-base",
        "--name-only",
        "-z",
        "--relative",
        "--end-of-options",
        revision,
        "--",
        ".",
    ];
    let unknown = [
        "ls-files",
        "--others",
        "--exclude-standard",
        "-z",
        "--",
        ".",
    ];
    let ask = |arguments: &[&str]| {
        git(folder, arguments).map_err(|why| {
            Failure::usage(format!(
                "git does not tell what changed since `{revision}`: {why}"
            ))
            .next("name migrations by number, or leave --since out")
        })
    };
    // Outside a repository `diff` compares two files, and speaks of its options.
    ask(&["rev-parse", "--is-inside-work-tree"])?;
    let mut files = BTreeSet::new();
    for arguments in [&differ[..], &unknown[..]] {
        let names = ask(arguments)?;
        let names = names.split('\0').filter(|name| !name.is_empty());
        files.extend(names.map(PathBuf::from));
    }
    Ok(files)
}

/// What git answers, or why it does not.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder).stdin(Stdio::null());
    let output = git.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no program `git` on the PATH".to_owned(),
        _ => error.to_string(),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("it says nothing").to_owned())
}

/// The folder's path from the root of its git repository, with a `/` at the end; empty without git.
fn prefix(folder: &Path) -> String {
    git(folder, &["rev-parse", "--show-prefix"])
        .map(|path| path.trim_end_matches('\n').to_owned())
        .unwrap_or_default()
}
