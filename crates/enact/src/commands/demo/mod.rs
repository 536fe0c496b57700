//! `enact demo`: the main job on a private PostgreSQL, told by the commands themselves.
//!
//! Every `$ enact …` line is run as its own process of this very binary, as a person would run it; the demo only writes
//! the example's files, plays the part of people who go behind Enact's back, and checks the exit codes.

mod example;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use enact_engine::exit::Exit;
use enact_engine::sandbox::Sandbox;

use super::scratch;
use crate::cli::Demo;
use crate::context::Context;
use crate::failure::Failure;
use crate::ui::style::{DIM, STRONG, paint};

const FAILING: &str = include_str!("failing.sql");
const FAILING_ROLLBACK: &str = include_str!("failing_rollback.sql");
const CONFLICTING: &str = include_str!("conflicting.sql");
const CONFLICTING_ROLLBACK: &str = include_str!("conflicting_rollback.sql");
const HOTFIX: &str = include_str!("hotfix.sql");
const HOTFIX_ROLLBACK: &str = include_str!("hotfix_rollback.sql");
const HOTFIX_NOTES: &str = include_str!("hotfix.md");
const REWRITE: &str = include_str!("rewrite.sql");
const SPONSORS: [&str; 3] = ["orion", "vega", "lyra"];
const ENVIRONMENTS: [&str; 2] = ["staging", "production"];
/// The database that somebody changes by hand.
const DRIFTED: &str = "lyra_production";
/// The database whose ledger is rewritten.
const TAMPERED: &str = "orion_production";

/// The database of an environment of a sponsor.
fn database(sponsor: &str, environment: &str) -> String {
    format!("{sponsor}_{environment}")
}

pub async fn run(context: &Context, args: &Demo) -> Result<Exit, Failure> {
    let sandbox = scratch::cluster(context, &args.server)?;
    for sponsor in SPONSORS {
        for environment in ENVIRONMENTS {
            sandbox
                .create_database(&database(sponsor, environment))
                .await?;
        }
    }
    let folder = std::env::temp_dir().join(format!("enact-demo-{}", std::process::id()));
    example::write(&folder).map_err(|error| broken(&format!("write the example: {error}")))?;
    let stage = Stage {
        context,
        args,
        sandbox: &sandbox,
        folder: folder.clone(),
        exe: own_binary()?,
    };
    let played = stage.play().await;
    let removed = fs::remove_dir_all(&folder);
    played?;
    removed.map_err(|error| broken(&format!("remove {}: {error}", folder.display())))?;
    stage.narrate("That was all. The sandbox is gone.");
    Ok(Exit::Done)
}

fn own_binary() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| broken(&format!("find this program's file: {error}")))
}

fn broken(what: &str) -> Failure {
    Failure::new(Exit::Unexpected, format!("the demo could not {what}"))
}

struct Stage<'a> {
    context: &'a Context,
    args: &'a Demo,
    sandbox: &'a Sandbox,
    folder: PathBuf,
    exe: PathBuf,
}

impl Stage<'_> {
    async fn play(&self) -> Result<(), Failure> {
        self.release()?;
        self.adopt()?;
        self.move_on()?;
        self.fail()?;
        self.conflict()?;
        self.drift().await?;
        self.compare()?;
        self.hotfix()?;
        self.tamper().await
    }

    fn release(&self) -> Result<(), Failure> {
        self.narrate(
            "The core team checks its files, proves in a sandbox that each rollback restores what was there, and releases.",
        );
        self.enact("core", "validate", 0)?;
        self.enact("core", "release 1.2.0", 0)
    }

    fn adopt(&self) -> Result<(), Failure> {
        self.narrate(
            "Three sponsors pin the release and apply it beside their own extensions: staging first, there and back.",
        );
        for sponsor in SPONSORS {
            self.enact(sponsor, "pin", 0)?;
        }
        self.enact("orion", "test --base ../core", 0)?;
        self.narrate("Production takes nothing that staging has not gone through.");
        self.enact("orion", "enrol -e production --yes", 0)?;
        self.enact("orion", "apply -e production --yes", Exit::Refused.code())?;
        for sponsor in SPONSORS {
            self.deploy(sponsor, true)?;
        }
        self.enact("orion", "status -e production", 0)
    }

    /// Through staging, where the extension goes back and forth, to production.
    fn deploy(&self, sponsor: &str, back: bool) -> Result<(), Failure> {
        self.enact(sponsor, "apply -e staging", 0)?;
        if back {
            let rollback = format!("rollback -e staging --to {sponsor}:000 --yes");
            self.enact(sponsor, &rollback, 0)?;
            self.enact(sponsor, "apply -e staging", 0)?;
        }
        self.enact(sponsor, "apply -e production --yes", 0)
    }

    fn move_on(&self) -> Result<(), Failure> {
        self.narrate(
            "The core moves on. Orion and Lyra follow, each when it likes; Vega stays with 1.2.",
        );
        example::write_later(&self.folder)
            .map_err(|error| broken(&format!("write the example: {error}")))?;
        self.enact("core", "release 1.3.0", 0)?;
        self.enact("orion", "outdated", 0)?;
        self.enact(
            "orion",
            "release diff ../core/releases/clinical-diary-database-1.2.0 ../core/releases/clinical-diary-database-1.3.0.tgz",
            0,
        )?;
        self.enact("vega", "pin", 0)?;
        for sponsor in ["orion", "lyra"] {
            self.enact(sponsor, "pin", 0)?;
            self.deploy(sponsor, false)?;
        }
        Ok(())
    }

    fn fail(&self) -> Result<(), Failure> {
        self.narrate("A migration with a mistake: it names a table that does not exist.");
        let migrations = self.folder.join("orion/database/migrations");
        write(&migrations.join("003_add_visit_reminders.sql"), FAILING)?;
        write(
            &migrations.join("rollback/003_rollback.sql"),
            FAILING_ROLLBACK,
        )?;
        self.enact("orion", "apply -e staging", Exit::MigrationFailed.code())?;
        write(
            &migrations.join("003_add_visit_reminders.sql"),
            &FAILING.replace("diary.patients", "diary.participants"),
        )?;
        self.narrate("The file is corrected; nothing has to be repaired first.");
        self.enact("orion", "apply -e staging", 0)?;
        self.narrate("Back one step, and forth again.");
        self.enact("orion", "redo -e staging --yes", 0)?;
        self.enact("orion", "apply -e production --yes", 0)
    }

    fn conflict(&self) -> Result<(), Failure> {
        self.narrate("An extension that changes the core is found before any database sees it: by its statements, and in a sandbox.");
        let migrations = self.folder.join("lyra/database/migrations");
        let files = [
            (migrations.join("002_add_site_phone.sql"), CONFLICTING),
            (
                migrations.join("rollback/002_rollback.sql"),
                CONFLICTING_ROLLBACK,
            ),
        ];
        for (path, text) in &files {
            write(path, text)?;
        }
        self.enact("lyra", "conflicts", Exit::Refused.code())?;
        for (path, _) in &files {
            let removed = fs::remove_file(path);
            removed.map_err(|error| broken(&format!("remove {}: {error}", path.display())))?;
        }
        Ok(())
    }

    async fn drift(&self) -> Result<(), Failure> {
        self.narrate(
            "Somebody changes Lyra's production by hand. The next run sees it and refuses.",
        );
        self.by_hand("ALTER TABLE diary.sites ADD COLUMN phone text")
            .await?;
        self.enact("lyra", "drift -e production", Exit::Drift.code())?;
        self.enact("lyra", "apply -e production --yes", Exit::Drift.code())
    }

    fn compare(&self) -> Result<(), Failure> {
        self.narrate(
            "The core team sees none of these databases. The sponsors hand it receipts, and it finds the one whose core is not\nlike the others'.",
        );
        for sponsor in SPONSORS {
            let receipt = format!("receipt -e production --out ../{sponsor}.json");
            self.enact(sponsor, &receipt, 0)?;
        }
        self.enact(
            "core",
            "compare --release releases/clinical-diary-database-1.3.0 --receipts ../orion.json ../vega.json ../lyra.json",
            Exit::Drift.code(),
        )
    }

    fn hotfix(&self) -> Result<(), Failure> {
        self.narrate("A hotfix travels fast, and skips nothing: released with its reason, pinned, staging, production.");
        let core = self.folder.join("core");
        write(&core.join("migrations/006_index_audit_by_time.sql"), HOTFIX)?;
        write(
            &core.join("migrations/rollback/006_rollback.sql"),
            HOTFIX_ROLLBACK,
        )?;
        let changelog = core.join("CHANGELOG.md");
        let notes = fs::read_to_string(&changelog)
            .map_err(|error| broken(&format!("read the changelog: {error}")))?;
        let notes = notes.trim_start_matches("# Changelog of the core schema\n\n");
        write(&changelog, &format!("{HOTFIX_NOTES}{notes}"))?;
        self.enact(
            "core",
            "release 1.3.1 --hotfix --severity high --reason auditors-cannot-read-the-trail",
            0,
        )?;
        self.enact("orion", "outdated", 0)?;
        self.enact("orion", "pin", 0)?;
        self.deploy("orion", false)
    }

    async fn tamper(&self) -> Result<(), Failure> {
        self.narrate("Verify the ledger, and keep a checkpoint where the database's superuser cannot reach it.");
        self.enact("orion", "history -e production", 0)?;
        self.enact("orion", "verify -e production", Exit::NoExternalHead.code())?;
        self.enact(
            "orion",
            "export -e production --out ../production.bundle --checkpoint ../production.checkpoint",
            0,
        )?;
        self.enact(
            "orion",
            "verify -e production --known ../production.checkpoint",
            0,
        )?;
        self.narrate("A superuser puts another name into every entry and recomputes all hashes. Alone, the ledger agrees with itself;\nthe checkpoint does not.");
        self.quietly(TAMPERED, REWRITE).await?;
        self.enact("orion", "verify -e production", Exit::NoExternalHead.code())?;
        self.enact(
            "orion",
            "verify -e production --known ../production.checkpoint",
            Exit::Forked.code(),
        )
    }

    /// Runs this binary in one of the example's repositories and insists on its exit code.
    fn enact(&self, repository: &str, words: &str, expected: u8) -> Result<(), Failure> {
        self.show(&paint(STRONG, &format!("{repository}$ enact {words}")));
        let mut command = Command::new(&self.exe);
        command
            .args(words.split(' '))
            .current_dir(self.folder.join(repository));
        // What a person has set for their own targets must not reach the demo's.
        command.env_clear().envs(self.environment());
        let status = command
            .status()
            .map_err(|error| broken(&format!("run itself: {error}")))?;
        if status.code() != Some(i32::from(expected)) {
            return Err(broken(&format!(
                "go on: `enact {words}` ended with {status}, expected {expected}"
            )));
        }
        self.show(&paint(DIM, &format!("exit code {expected}")));
        self.show("");
        Ok(())
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![("ENACT_PERSON".to_owned(), "Ada Example".to_owned())];
        for sponsor in SPONSORS {
            for environment in ENVIRONMENTS {
                let database = database(sponsor, environment);
                let name = format!("{}_URL", database.to_uppercase());
                variables.push((name, self.sandbox.url(&database)));
            }
        }
        let bindir = self
            .args
            .server
            .pg_bindir
            .as_ref()
            .map(|folder| folder.display().to_string());
        variables.extend(bindir.map(|folder| ("ENACT_PG_BINDIR".to_owned(), folder)));
        let kept = [
            "PATH",
            "HOME",
            "TMPDIR",
            "TERM",
            "NO_COLOR",
            "XDG_CACHE_HOME",
        ];
        variables.extend(
            kept.iter()
                .filter_map(|name| Some(((*name).to_owned(), self.context.variable(name)?))),
        );
        variables
    }

    async fn by_hand(&self, sql: &str) -> Result<(), Failure> {
        self.show(&paint(STRONG, &format!("$ psql {DRIFTED} -c '{sql}'")));
        self.show("");
        self.quietly(DRIFTED, sql).await
    }

    async fn quietly(&self, database: &str, sql: &str) -> Result<(), Failure> {
        let client = self.sandbox.connect(database).await?;
        client
            .batch_execute(sql)
            .await
            .map_err(|error| broken(&format!("change {database} by hand: {error}")))
    }

    fn narrate(&self, text: &str) {
        for line in text.lines() {
            self.show(&format!("# {line}"));
        }
        self.show("");
    }

    /// To stderr, where most of the commands' own words go, so that the order stays as it happened.
    fn show(&self, line: &str) {
        let line = self.context.ui.colored(line);
        // Nobody to read it is no reason to fail.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| broken(&format!("write {}: {error}", path.display())))
}
