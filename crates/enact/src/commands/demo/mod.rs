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
const REWRITE: &str = include_str!("rewrite.sql");
const DATABASES: [&str; 2] = ["staging", "production"];

pub async fn run(context: &Context, args: &Demo) -> Result<Exit, Failure> {
    let sandbox = scratch::cluster(context, &args.server)?;
    for database in DATABASES {
        sandbox.create_database(database).await?;
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
        self.prove()?;
        self.deploy()?;
        self.fail()?;
        self.go_back()?;
        self.drift().await?;
        self.tamper().await
    }

    fn prove(&self) -> Result<(), Failure> {
        self.narrate(
            "Check the files, then prove in a sandbox that each rollback restores what was there.",
        );
        self.enact("core", "validate", 0)?;
        self.enact("core", "test", 0)?;
        self.enact("orion", "test --base ../core", 0)
    }

    fn deploy(&self) -> Result<(), Failure> {
        self.narrate(
            "Staging first, then production: the core schema, then the sponsor's extension.",
        );
        for environment in DATABASES {
            let apply = format!("apply -e {environment} --yes");
            self.enact("core", &apply, 0)?;
            self.enact("orion", &apply, 0)?;
        }
        self.enact("core", "status -e production", 0)?;
        self.enact("core", "history -e production", 0)
    }

    fn fail(&self) -> Result<(), Failure> {
        self.narrate("A migration with a mistake: it names a table that does not exist.");
        let migrations = self.folder.join("core/migrations");
        write(&migrations.join("006_add_visit_reminders.sql"), FAILING)?;
        write(
            &migrations.join("rollback/006_rollback.sql"),
            FAILING_ROLLBACK,
        )?;
        self.enact("core", "apply -e staging", Exit::MigrationFailed.code())?;
        write(
            &migrations.join("006_add_visit_reminders.sql"),
            &FAILING.replace("diary.patients", "diary.participants"),
        )?;
        self.narrate("The file is corrected; nothing has to be repaired first.");
        self.enact("core", "apply -e staging", 0)
    }

    fn go_back(&self) -> Result<(), Failure> {
        self.narrate("Back one step, and forth again.");
        self.enact("core", "rollback -e staging --yes", 0)?;
        self.enact("core", "apply -e staging", 0)
    }

    async fn drift(&self) -> Result<(), Failure> {
        self.narrate("Somebody changes production by hand. The next run sees it and refuses.");
        self.by_hand("ALTER TABLE diary.sites ADD COLUMN phone text")
            .await?;
        self.enact("core", "drift -e production", Exit::Drift.code())?;
        self.enact("core", "apply -e production --yes", Exit::Drift.code())?;
        self.by_hand("ALTER TABLE diary.sites DROP COLUMN phone")
            .await?;
        self.enact("core", "apply -e production --yes", 0)
    }

    async fn tamper(&self) -> Result<(), Failure> {
        self.narrate("Verify the ledger, and keep a checkpoint where the database's superuser cannot reach it.");
        self.enact("core", "verify -e production", Exit::NoExternalHead.code())?;
        self.enact(
            "core",
            "export -e production --out ../production.bundle --checkpoint ../production.checkpoint",
            0,
        )?;
        self.enact(
            "core",
            "verify -e production --known ../production.checkpoint",
            0,
        )?;
        self.narrate("A superuser puts another name into every entry and recomputes all hashes. Alone, the ledger agrees with itself;\nthe checkpoint does not.");
        self.quietly(REWRITE).await?;
        self.enact("core", "verify -e production", Exit::NoExternalHead.code())?;
        self.enact(
            "core",
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
        for sponsor in ["DIARY", "ORION"] {
            for database in DATABASES {
                let name = format!("{sponsor}_{}_URL", database.to_uppercase());
                variables.push((name, self.sandbox.url(database)));
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
        self.show(&paint(STRONG, &format!("$ psql production -c '{sql}'")));
        self.show("");
        self.quietly(sql).await
    }

    async fn quietly(&self, sql: &str) -> Result<(), Failure> {
        let client = self.sandbox.connect("production").await?;
        client
            .batch_execute(sql)
            .await
            .map_err(|error| broken(&format!("change production by hand: {error}")))
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
