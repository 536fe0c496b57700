//! `enact receipt`, and reading receipts that were handed over.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use enact_engine::exit::Exit;
use enact_engine::receipt::{About, take};
use enact_release::{Receipt, ReceiptError};

use super::export::whole;
use crate::cli;
use crate::context::{Context, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::ui::style::safe;
use crate::wire;

/// A receipt of tens of thousands of objects has a few megabytes.
const LARGEST: u64 = 256 << 20;

pub async fn run(context: &Context, args: &cli::Receipt) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let about = About {
        project: project
            .as_ref()
            .map(|project| project.config.project.name.to_string()),
        environment: target.environment.as_ref().map(|(name, _)| name.clone()),
        tool_version: program::VERSION.to_owned(),
        scope: scope(project.as_ref()),
    };
    let asked = Asked {
        verb: "receipt",
        target: &target,
        done: &[],
    };
    let taken = take(&target.conninfo, &program::application(), &about).await;
    let receipt = taken.map_err(|error| error::run(error, asked))?;
    let receipt = receipt.ok_or_else(|| {
        Failure::new(
            Exit::DatabaseDiffers,
            "there is no ledger here, so there is nothing to give a receipt of",
        )
        .next(target.command("apply"))
    })?;
    match &args.out {
        None => context
            .ui
            .result(&String::from_utf8_lossy(&receipt.to_bytes()))?,
        Some(out) => {
            whole(&context.folder.join(out), |file| {
                file.write_all(&receipt.to_bytes())
            })?;
            let document = document(&receipt, out, target.conninfo.redacted());
            context.ui.answer(&document, || text(&receipt, out))?;
        }
    }
    Ok(Exit::Done)
}

fn document(receipt: &Receipt, out: &Path, target: String) -> wire::ReceiptFile {
    wire::ReceiptFile {
        schema: "enact.receipt-file/1",
        target,
        receipt: out.display().to_string(),
        digest: receipt.digest().to_string(),
        identity: receipt.identity.to_string(),
        entries: receipt.ledger.entries,
        root: receipt.ledger.root.to_string(),
        objects: receipt.objects.set.len(),
    }
}

fn text(receipt: &Receipt, out: &Path) -> String {
    let streams = receipt.streams.iter();
    let streams = streams.map(|stream| format!("{} at {:03}", stream.name, stream.position));
    let streams: Vec<String> = streams.collect();
    format!(
        "{}: {}, {} objects, {} entries\n  digest {}\n",
        out.display(),
        safe(&streams.join(", ")),
        receipt.objects.set.len(),
        receipt.ledger.entries,
        receipt.digest()
    )
}

/// A receipt from a file that somebody handed over.
pub fn read(path: &Path) -> Result<Receipt, Failure> {
    let shown = path.display();
    let unread = |error| {
        Failure::usage(format!("cannot read receipt {shown}: {error}")).next(
            "name a file that `enact receipt -e NAME --out FILE` wrote, or that was handed over",
        )
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(unread)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!(
            "{shown} is larger than any receipt: {} MiB are the most that is read",
            LARGEST >> 20
        )));
    }
    Receipt::from_bytes(&bytes).map_err(|error| {
        let exit = match &error {
            ReceiptError::Version { .. } => Exit::Unsupported,
            ReceiptError::Altered(_)
            | ReceiptError::Digest { .. }
            | ReceiptError::Contradiction(_) => Exit::EvidenceAltered,
            _ => Exit::Usage,
        };
        let next = match exit {
            Exit::Unsupported => "use the version of enact that wrote it, or a newer one",
            _ => "have it written again, with `enact receipt -e NAME --out FILE`, and handed over as it is",
        };
        Failure::new(exit, format!("receipt {shown} cannot be relied on: {error}")).next(next)
    })
}
