//! `enact init`

use std::path::{Path, PathBuf};

use enact_engine::exit::Exit;
use enact_engine::project::{Initialised, Kind, init};

use crate::cli::Init;
use crate::context::Context;
use crate::failure::Failure;
use crate::wire;

pub fn run(context: &Context, args: &Init) -> Result<Exit, Failure> {
    let kind = if args.name.is_core() {
        Kind::Core
    } else {
        Kind::Sponsor
    };
    // Put together again, since `.` says nothing.
    let folder: PathBuf = context.folder.join(&args.folder).components().collect();
    let done = init(kind, &args.name, &folder)?;
    let shown = |path: &Path| {
        let path = path.strip_prefix(&context.folder).unwrap_or(path);
        path.display().to_string()
    };
    let list = |paths: &[PathBuf]| paths.iter().map(|path| shown(path)).collect();
    let document = wire::Init {
        schema: "enact.init/1",
        written: list(&done.written),
        kept: list(&done.kept),
        advice: done
            .advice
            .iter()
            .map(|(file, line)| wire::Advice {
                file: shown(file),
                line,
            })
            .collect(),
    };
    context.ui.answer(&document, || text(&document, &done))?;
    Ok(Exit::Done)
}

fn text(document: &wire::Init, done: &Initialised) -> String {
    let written = document.written.iter().map(|file| format!("  + {file}\n"));
    let kept = document
        .kept
        .iter()
        .map(|file| format!("    {file} was there and stays as it is\n"));
    let advice = document
        .advice
        .iter()
        .map(|advice| format!("    add to {}: {}\n", advice.file, advice.line));
    let mut text: String = written.chain(kept).chain(advice).collect();
    if done.advice.is_empty() || !text.is_empty() {
        text.push_str("next: enact new 'a few words'\n");
    }
    text
}
