//! `enact verify`

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use enact_engine::drift::Schema;
use enact_engine::exit::Exit;
use enact_engine::verify::{Verified, VerifyError, exit_of, verify};
use enact_ledger::bundle::{self, BundleError};
use enact_ledger::{Checkpoint, Report};

use super::receipt;
use crate::cli::Verify;
use crate::context::{Context, scope};
use crate::error::{self, Asked};
use crate::failure::{Failure, name};
use crate::program;
use crate::render;
use crate::wire;

pub async fn run(context: &Context, args: &Verify) -> Result<Exit, Failure> {
    let known = args.known.iter();
    let known = known
        .map(|path| checkpoint(&context.folder.join(path)))
        .collect::<Result<Vec<_>, _>>()?;
    let (exit, document) = match &args.bundle {
        Some(path) => of_bundle(context, path, &known)?,
        None => of_database(context, args, &known).await?,
    };
    context
        .ui
        .answer(&document, || render::verify::text(&document))?;
    Ok(exit)
}

/// A checkpoint that is kept in a file, or the one in a receipt.
fn checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read checkpoint {shown}: {error}"))
            .next("name a file that holds a checkpoint or a receipt")
    })?;
    if text.trim_start().starts_with('{') {
        return receipt::read(path).map(|receipt| receipt.checkpoint());
    }
    text.parse()
        .map_err(|error| Failure::usage(format!("{shown} is no checkpoint: {error}")))
}

async fn of_database(
    context: &Context,
    args: &Verify,
    known: &[Checkpoint],
) -> Result<(Exit, wire::Verify), Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let scope = scope(project.as_ref());
    let source = target.conninfo.redacted();
    let release = super::pinned(context, project.as_ref());
    let application = program::application();
    match verify(
        &target.conninfo,
        &application,
        known,
        &scope,
        release.as_ref(),
    )
    .await
    {
        Ok(verified) => Ok(of_verified(verified, source)),
        Err(VerifyError::Ledger(failure)) => Ok(broken(&failure, !known.is_empty(), source)),
        Err(VerifyError::Run(error)) => Err(error::run(
            error,
            Asked {
                verb: "verify",
                target: &target,
                done: &[],
            },
        )),
        Err(error) => Err(Failure::new(error.exit(), error.to_string())
            .causes(&error)
            .next(target.command("apply"))),
    }
}

fn of_bundle(
    context: &Context,
    path: &PathBuf,
    known: &[Checkpoint],
) -> Result<(Exit, wire::Verify), Failure> {
    let source = path.display().to_string();
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read bundle {source}: {error}"));
    let file = File::open(context.folder.join(path)).map_err(unreadable)?;
    match bundle::verify(BufReader::new(file), known) {
        Ok(report) => {
            let exit = match report.compared {
                true => Exit::Done,
                false => Exit::NoExternalHead,
            };
            Ok((exit, sound(&report, exit, source)))
        }
        Err(BundleError::Failure(failure)) => Ok(broken(&failure, !known.is_empty(), source)),
        Err(BundleError::Io(error)) => Err(unreadable(error)),
    }
}

fn of_verified(verified: Verified, source: String) -> (Exit, wire::Verify) {
    let exit = verified.exit();
    let mut document = sound(&verified.report, exit, source);
    document.sound = exit != Exit::DatabaseDiffers;
    document.guards = Some(wire::Guards {
        faults: verified.guards.faults,
        owner: verified.guards.owner,
        owner_at_hand: verified.guards.owner_at_hand,
    });
    if let Schema::Drifted(drift) = &verified.schema {
        document.drift = Some(render::drift::document(drift));
    }
    let other = render::core::other(verified.core.as_ref());
    document.core = other.map(render::core::document);
    (exit, document)
}

fn sound(report: &Report, exit: Exit, source: String) -> wire::Verify {
    wire::Verify {
        schema: "enact.verify/1",
        exit: exit.code(),
        code: name(exit),
        source,
        sound: true,
        compared: report.compared,
        ledger: Some(wire::VerifiedLedger {
            identity: report.identity.to_string(),
            entries: report.entries,
            head: report.head.to_string(),
            root: report.root.to_string(),
            first_at: report.first.to_string(),
            last_at: report.last.to_string(),
        }),
        failure: None,
        guards: None,
        drift: None,
        core: None,
    }
}

fn broken(failure: &enact_ledger::Failure, compared: bool, source: String) -> (Exit, wire::Verify) {
    let exit = exit_of(failure.kind);
    let document = wire::Verify {
        schema: "enact.verify/1",
        exit: exit.code(),
        code: name(exit),
        source,
        sound: false,
        compared,
        ledger: None,
        failure: Some(wire::LedgerFailure {
            message: failure.to_string(),
            entries: failure.seqs.clone(),
        }),
        guards: None,
        drift: None,
        core: None,
    };
    (exit, document)
}
