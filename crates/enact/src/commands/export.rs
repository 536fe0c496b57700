//! `enact export`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use enact_engine::exit::Exit;
use enact_engine::verify::{VerifyError, export};
use enact_ledger::Checkpoint;

use crate::cli::{Export, Format};
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::wire;

pub async fn run(context: &Context, args: &Export) -> Result<Exit, Failure> {
    if args.out.is_none() && context.ui.format == Format::Json {
        return Err(Failure::usage("the bundle itself goes to stdout")
            .next("name a file for it with `--out FILE`"));
    }
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let closing = match &args.out {
        None => write(&target, BufWriter::new(io::stdout().lock())).await?,
        Some(path) => to_file(&target, &context.folder.join(path)).await?,
    };
    if let Some(path) = &args.checkpoint {
        whole(&context.folder.join(path), |file| {
            file.write_all(closing.to_string().as_bytes())
        })?;
    }
    if let Some(out) = &args.out {
        let document = document(&target, out, args.checkpoint.as_deref(), &closing);
        context.ui.answer(&document, || text(&document))?;
    }
    Ok(Exit::Done)
}

async fn to_file(target: &Target, path: &Path) -> Result<Checkpoint, Failure> {
    let unfinished = unfinished(path);
    let file = File::create(&unfinished).map_err(|error| unwritten(path, &error))?;
    let closing = write(target, BufWriter::new(file)).await;
    let renamed = closing.and_then(|closing| {
        std::fs::rename(&unfinished, path).map_err(|error| unwritten(path, &error))?;
        Ok(closing)
    });
    renamed.inspect_err(|_| {
        // The error that is told already is the one that matters.
        let _ = std::fs::remove_file(&unfinished);
    })
}

async fn write(target: &Target, out: impl Write) -> Result<Checkpoint, Failure> {
    let asked = Asked {
        verb: "export",
        target,
        done: &[],
    };
    let written = export(&target.conninfo, &program::application(), out).await;
    written.map_err(|error| match error {
        VerifyError::Run(error) => error::run(error, asked),
        VerifyError::NotInstalled => {
            Failure::new(error.exit(), error.to_string()).next(target.command("apply"))
        }
        error => Failure::new(error.exit(), error.to_string()).causes(&error),
    })
}

/// Writes a file wholly or not at all.
pub(super) fn whole(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), Failure> {
    let unfinished = unfinished(path);
    let mut written = File::create(&unfinished).and_then(|mut file| write(&mut file));
    if written.is_ok() {
        written = std::fs::rename(&unfinished, path);
    }
    written.map_err(|error| unwritten(path, &error))
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    path.with_file_name(name)
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Unexpected,
        format!("cannot write {}: {error}", path.display()),
    )
}

fn document(
    target: &Target,
    out: &Path,
    checkpoint: Option<&Path>,
    closing: &Checkpoint,
) -> wire::Export {
    wire::Export {
        schema: "enact.export/1",
        target: target.conninfo.redacted(),
        bundle: out.display().to_string(),
        entries: closing.size,
        origin: closing.origin().to_owned(),
        root: closing.root.to_string(),
        checkpoint: checkpoint.map(|path| path.display().to_string()),
    }
}

fn text(document: &wire::Export) -> String {
    let mut text = format!(
        "{}: {} entries, root {}\n",
        document.bundle, document.entries, document.root
    );
    match &document.checkpoint {
        Some(path) => {
            text += &format!("{path}: keep it where the database's superuser cannot reach it\n")
        }
        None => text += "next: write a checkpoint too, with --checkpoint FILE\n",
    }
    text
}
