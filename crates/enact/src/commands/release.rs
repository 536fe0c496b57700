//! `enact release`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use enact_engine::exit::Exit;
use enact_engine::project::layout::meaning;
use enact_engine::project::{Kind, Project, RollbackFile, Stream};
use enact_engine::release;
use enact_release::write::{Release, Written, objects_bytes};
use enact_release::{
    Hotfix, Manifest, Objects, Offer, Previous, Proven, ReleasedFile, ReleasedMigration, Source,
    offers, parse_version,
};

use super::{scratch, signals, test};
use crate::cli::{self, ReleaseVerb, Server};
use crate::context::Context;
use crate::failure::Failure;
use crate::program;
use crate::render::release as render;
use crate::wire;

mod changelog;
mod checks;
mod diff;
pub(super) mod given;

pub async fn run(context: &Context, args: &cli::Release) -> Result<Exit, Failure> {
    if let Some(ReleaseVerb::Diff(args)) = &args.verb {
        return diff::run(context, args);
    }
    tokio::select! {
        result = release(context, args) => result,
        () = signals::asked_to_stop() => {
            Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("nothing was released"))
        }
    }
}

/// Larger files are not in a package, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// Texts of files by their path in the package.
type Texts = Vec<(String, String)>;

/// What is released, before it is proven.
struct Candidate<'a> {
    context: &'a Context,
    project: Project,
    stream: Stream,
    version: &'a str,
    folder: PathBuf,
    previous: Option<Offer>,
    /// Releases of this very version, which the new one must equal.
    same: Vec<Offer>,
}

async fn release(context: &Context, args: &cli::Release) -> Result<Exit, Failure> {
    let candidate = candidate(context, args)?;
    candidate.check_files()?;
    candidate.check_released()?;
    let config = candidate.config()?;
    let notes = changelog::section(
        &candidate.project.root.join(&config.changelog),
        candidate.version,
    )?;
    let mut proven = Vec::new();
    let mut objects = Vec::new();
    for server in servers(args) {
        let (one, made) = candidate.prove(&server).await?;
        check_server(config.minimum_server, made.server_major)?;
        let path = format!("objects/{}.json", made.server_major);
        let bytes = objects_bytes(&made).map_err(|error| unwritten(&candidate.folder, &error))?;
        proven.push(Proven {
            objects: path.clone(),
            objects_digest: enact_ledger::Hash::of(&bytes),
            ..one
        });
        objects.push((path, bytes));
    }
    proven.sort_by_key(|proven| proven.major);
    let (migrations, texts) = candidate.files()?;
    let manifest = Manifest {
        schema: "enact.release/1".to_owned(),
        package: config.package.clone(),
        version: candidate.version.to_owned(),
        stream: "core".to_owned(),
        date: notes.date,
        minimum_server: config.minimum_server,
        previous: candidate.previous.as_ref().map(|previous| Previous {
            version: previous.manifest.version.clone(),
            manifest: previous.digest,
        }),
        migrations,
        proven,
        leave: candidate.project.config.leave.clone(),
        notes: notes.text,
        hotfix: args
            .severity
            .zip(args.reason.clone())
            .filter(|_| args.hotfix)
            .map(|(severity, reason)| Hotfix {
                severity: severity.into(),
                reason,
            }),
        withdrawn: config.withdrawn.clone(),
    };
    let release = Release::new(manifest, texts, &objects);
    let release = release.map_err(|error| unwritten(&candidate.folder, &error))?;
    candidate.check_same(release.digest())?;
    let written = release
        .write(&candidate.folder)
        .map_err(|error| unwritten(&candidate.folder, &error))?;
    let document = document(&candidate, &release.manifest, &written);
    context.ui.answer(&document, || render::text(&document))?;
    Ok(Exit::Done)
}

/// A release is proven on servers that it is for.
fn check_server(minimum: Option<u32>, major: u32) -> Result<(), Failure> {
    match minimum.filter(|minimum| *minimum > major) {
        None => Ok(()),
        Some(minimum) => Err(Failure::usage(format!(
            "it is for PostgreSQL {minimum} and later (minimum_server), and was proven on {major}"
        ))
        .effect("nothing was released")
        .next(format!(
            "--pg-major {minimum}, or a lower minimum_server in enact.toml"
        ))),
    }
}

fn unwritten(folder: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(Exit::HistoryDisagrees, error.to_string())
                .effect("the release that is there stays as it is")
                .next("a release never changes: give this one the next version")
        }
        _ => Failure::new(
            Exit::Unexpected,
            format!("cannot write to {}: {error}", folder.display()),
        ),
    }
}

fn candidate<'a>(context: &'a Context, args: &'a cli::Release) -> Result<Candidate<'a>, Failure> {
    let project = context.project()?;
    if project.config.project.kind != Kind::Core {
        return Err(
            Failure::usage("only the core is released: this is a sponsor's repository")
                .next("release in the core's repository; here a release is taken with `enact pin`"),
        );
    }
    let Some(config) = &project.config.release else {
        return Err(
            Failure::usage("enact.toml does not say what the releases are called")
                .next("add [release] with package = \"@organisation/name\""),
        );
    };
    let Some(version) = args.version.as_deref() else {
        return Err(Failure::usage("a release needs its version").next("enact release 1.3.0"));
    };
    let wanted = parse_version(version)
        .map_err(|error| Failure::usage(error.to_string()).next("enact release 1.3.0"))?;
    if args.hotfix && (args.severity.is_none() || args.reason.is_none()) {
        let mut command = format!("enact release {version} --hotfix");
        command += " --severity low|moderate|high|critical --reason 'WHY'";
        return Err(Failure::usage("--hotfix needs --severity and --reason").next(command));
    }
    if let Some(why) = config.withdrawn.get(version) {
        return Err(
            Failure::usage(format!("{version} is withdrawn by enact.toml: {why}"))
                .next("release what mends it under the next version"),
        );
    }
    let folder = args.out.as_ref().map(|out| context.folder.join(out));
    let folder = folder.unwrap_or_else(|| project.root.join(&config.folder));
    // Where a release is written does not change what was released before.
    let there = released(
        &project,
        &[project.root.join(&config.folder), folder.clone()],
    )?;
    if let Some(higher) = there.iter().find(|offer| offer.version > wanted) {
        return Err(Failure::new(
            Exit::Refused,
            format!(
                "{version} is lower than {}, which is released",
                higher.manifest.version
            ),
        )
        .effect("nothing was released")
        .next("the core has one line of releases: take the next version after the last"));
    }
    let (same, before): (Vec<Offer>, Vec<Offer>) =
        there.into_iter().partition(|offer| offer.version == wanted);
    let previous = before.into_iter().next_back();
    let stream = super::stream(&project)?;
    Ok(Candidate {
        context,
        stream,
        version,
        folder,
        previous,
        same,
        project,
    })
}

/// What was released into these folders, from the lowest version to the highest.
fn released(project: &Project, folders: &[PathBuf]) -> Result<Vec<Offer>, Failure> {
    let mut released: Vec<Offer> = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let found = offers(&project.root, &Source::Folder(folder.clone()));
        released.extend(found.map_err(|error| super::pin::source_failure(&error))?);
    }
    released.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(released)
}

/// The servers on which rollbacks are proven: one, or one for each major version asked for.
fn servers(args: &cli::Release) -> Vec<Server> {
    if args.prove_on.is_empty() {
        return vec![args.server.clone()];
    }
    let of_major = |major| Server {
        pg_major: Some(major),
        ..args.server.clone()
    };
    let majors: BTreeSet<u32> = args.prove_on.iter().copied().collect();
    majors.into_iter().map(of_major).collect()
}

impl Candidate<'_> {
    fn config(&self) -> Result<&enact_engine::project::config::ReleaseConfig, Failure> {
        let config = self.project.config.release.as_ref();
        config.ok_or_else(|| Failure::usage("enact.toml has no [release]"))
    }

    /// Proves every rollback on a server, and observes which objects the migrations make there.
    async fn prove(&self, server: &Server) -> Result<(Proven, Objects), Failure> {
        let scratch = scratch::open(self.context, server).await?;
        let report = test::prove(self.context, &self.project, &self.stream, &scratch).await?;
        if !report.passed() {
            self.context
                .ui
                .say(crate::render::proof::text(&report).trim_end());
            return Err(Failure::new(
                report.exit(),
                format!(
                    "not everything is proven on PostgreSQL {}",
                    report.server_version
                ),
            )
            .effect("nothing was released")
            .next("enact test"));
        }
        let observed = release::objects(&self.stream, &scratch, program::VERSION).await;
        let (objects, version) = observed.map_err(|error| {
            Failure::new(Exit::Unexpected, format!("could not {error}")).causes(&error)
        })?;
        scratch.finish().await?;
        let migrations = objects.migrations.iter();
        let fingerprints = migrations
            .map(|one| (one.number, one.fingerprint))
            .collect();
        let proven = Proven {
            // The package's version, without the name of who packed it.
            server: version.split(' ').next().unwrap_or_default().to_owned(),
            major: objects.server_major,
            tool: program::VERSION.to_owned(),
            objects: String::new(),
            objects_digest: enact_ledger::Hash::ZERO,
            fingerprints,
        };
        Ok((proven, objects))
    }

    /// The migrations as the manifest states them, and the texts of all files.
    fn files(&self) -> Result<(Vec<ReleasedMigration>, Texts), Failure> {
        let mut migrations = Vec::new();
        let mut texts = Vec::new();
        for migration in &self.stream.migrations {
            let script = self.stream.load(migration)?;
            let file = format!("migrations/{}", migration.file_name());
            texts.push((file.clone(), script.text().to_owned()));
            let mut rollback = None;
            if let (RollbackFile::File(path), Some(down), Some(digest)) = (
                &migration.rollback,
                self.stream.load_rollback(migration)?,
                migration.rollback_digest,
            ) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let file = format!("migrations/rollback/{name}");
                texts.push((file.clone(), down.text().to_owned()));
                rollback = Some(ReleasedFile { file, digest });
            }
            migrations.push(ReleasedMigration {
                number: migration.number,
                name: migration.name.clone(),
                file: ReleasedFile {
                    file,
                    digest: migration.digest,
                },
                meaning: meaning(&script).ok_or_else(|| Failure::usage("a file has no meaning"))?,
                no_rollback: match &migration.rollback {
                    RollbackFile::None(reason) => Some(reason.clone()),
                    RollbackFile::File(_) => None,
                },
                rollback,
            });
        }
        Ok((migrations, texts))
    }
}

fn document(candidate: &Candidate<'_>, manifest: &Manifest, written: &Written) -> wire::Released {
    let shown = |path: &Path| {
        let root = &candidate.project.root;
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let before = candidate.previous.as_ref();
    wire::Released {
        schema: "enact.released/1",
        package: manifest.package.clone(),
        version: manifest.version.clone(),
        previous: before.map(|offer| offer.manifest.version.clone()),
        migrations: manifest.migrations.len(),
        new: manifest.migrations.len() - before.map_or(0, |offer| offer.manifest.migrations.len()),
        proven: manifest
            .proven
            .iter()
            .map(|proven| proven.server.clone())
            .collect(),
        severity: manifest
            .hotfix
            .as_ref()
            .map(|hotfix| hotfix.severity.as_str()),
        manifest: written.manifest.to_string(),
        folder: shown(&written.folder),
        archive: shown(&written.archive),
        digest: written.digest.to_string(),
    }
}
