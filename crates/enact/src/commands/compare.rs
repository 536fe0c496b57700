//! `enact compare`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use enact_engine::compare::{Database, Release, compare, of_receipt, read};
use enact_engine::exit::Exit;
use enact_engine::project::core;
use enact_ledger::Identity;
use enact_release::{Package, PackageError};

use super::receipt;
use crate::cli::{Compare, Target as Wanted};
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render;

/// Databases named in a warning; the rest is counted.
const NAMED: usize = 5;

pub async fn run(context: &Context, args: &Compare) -> Result<Exit, Failure> {
    refuse_twice(args)?;
    // What is at hand comes first: a receipt that is no good is known before anything is asked.
    let receipts = receipts(context, args)?;
    let package = match &args.release {
        Some(folder) => Some(package_in(&context.folder.join(folder))?),
        None => pinned(context)?,
    };
    let mut databases = live(context, &args.environments).await?;
    databases.extend(receipts);
    if databases.len() < 2 && package.is_none() {
        return Err(
            Failure::usage("one database alone has nothing to be compared with").next(
                "name another environment, a receipt (`--receipts FILE`), or the release (`--release FOLDER`)",
            ),
        );
    }
    warn_of_copies(context, &databases);
    let release = package.map(|package| Release::of(&package, &databases));
    let comparison = compare(&databases, release.as_ref());
    let release = release.as_ref().map(|release| release.name.as_str());
    let document = render::compare::document(&databases, &comparison, release);
    context.ui.answer(&document, || {
        render::compare::text(&databases, &comparison, release)
    })?;
    Ok(match comparison.differs() {
        true => Exit::Drift,
        false => Exit::Done,
    })
}

/// The release that the repository at hand is pinned to: what its databases should have.
fn pinned(context: &Context) -> Result<Option<Package>, Failure> {
    let Some(project) = context.project_if_any()? else {
        return Ok(None);
    };
    Ok(core::pinned(&project)?.map(|core| core.package))
}

fn package_in(folder: &Path) -> Result<Package, Failure> {
    Package::read(folder).map_err(|error| {
        let exit = match error {
            PackageError::Changed { .. } | PackageError::Stray { .. } => Exit::EvidenceAltered,
            _ => Exit::Usage,
        };
        Failure::new(exit, error.to_string())
            .causes(&error)
            .next("name the folder of a release as it was published, the one with manifest.json")
    })
}

fn refuse_twice(args: &Compare) -> Result<(), Failure> {
    let files = args.receipts.iter().map(|path| path.display().to_string());
    let names = args.environments.iter().cloned().chain(files);
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name.clone()) {
            return Err(Failure::usage(format!("`{name}` is named twice"))
                .next("name each environment and each receipt once"));
        }
    }
    Ok(())
}

fn receipts(context: &Context, args: &Compare) -> Result<Vec<Database>, Failure> {
    let receipts = args.receipts.iter().map(|path| {
        let receipt = receipt::read(&context.folder.join(path))?;
        let file = path.display().to_string();
        let named = [&receipt.project, &receipt.environment];
        let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
        let source = match named.is_empty() {
            true => receipt.database.clone(),
            false => named.join(" "),
        };
        Ok(of_receipt(&file, &source, &receipt))
    });
    receipts.collect()
}

async fn live(context: &Context, environments: &[String]) -> Result<Vec<Database>, Failure> {
    if environments.is_empty() {
        return Ok(Vec::new());
    }
    let project = context.project()?;
    let targets = environments.iter().map(|name| {
        let wanted = Wanted {
            environment: Some(name.clone()),
            database_url: None,
        };
        context.target(&wanted, Some(&project))
    });
    let targets = targets.collect::<Result<Vec<Target>, Failure>>()?;
    let named = environments.iter().zip(&targets);
    let named = named.map(|(name, target)| (name.clone(), &target.conninfo));
    let named: Vec<_> = named.collect();
    let read = read(&named, &program::application()).await;
    read.map_err(|unread| match targets.get(unread.at) {
        Some(target) => {
            let asked = Asked {
                verb: "compare",
                target,
                done: &[],
            };
            let name = environments.get(unread.at).cloned().unwrap_or_default();
            error::run(unread.error, asked).fact("environment", name)
        }
        None => Failure::new(unread.error.exit(), unread.error.to_string()),
    })
}

/// One target under several names is alike for a reason that has nothing to do with its core.
fn warn_of_copies(context: &Context, databases: &[Database]) {
    let mut named: BTreeMap<Identity, Vec<&str>> = BTreeMap::new();
    for database in databases {
        if let Some(identity) = database.identity {
            named.entry(identity).or_default().push(&database.name);
        }
    }
    for (identity, names) in named.iter().filter(|(_, names)| names.len() > 1) {
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>();
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        context.ui.warn(&format!(
            "{}{more} have one identity, {identity}: they are the same database, or copies of it",
            shown.join(", ")
        ));
    }
}
