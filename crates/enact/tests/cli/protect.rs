//! A protected environment asks for its name.

use crate::kit::{Repo, pg};
use crate::said;

fn repo() -> Repo {
    let mut repo = Repo::with_two();
    repo.env
        .set("DATABASE_URL", "")
        .set("URL", pg().url(&repo.database));
    repo.env.write(
        "enact.toml",
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n
[environments.production]\nurl = { env = \"URL\" }\nprotected = true\n",
    );
    repo
}

#[test]
fn without_a_terminal_it_is_refused() {
    let repo = repo();
    said!(repo.env, repo.enact("apply -e production"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply core: 000 to 002, 2 steps
          + core:001_create_sites ..........................  1 statement, one transaction
          + core:002_add_city ..............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` is protected and asks for its name, and there is no terminal to ask on
          effect: nothing was changed
        next: enact apply -e production --yes
        ");
    said!(repo.env, repo.enact("apply -e production --format json"), @r#"
        exit: 38
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 38,
          "code": "refused",
          "message": "`production` is protected and asks for its name, and there is no terminal to ask on",
          "effect": "nothing was changed",
          "next": [
            "enact apply -e production --yes"
          ]
        }

        ----- stderr -----
        apply core: 000 to 002, 2 steps
          + core:001_create_sites ..........................  1 statement, one transaction
          + core:002_add_city ..............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` is protected and asks for its name, and there is no terminal to ask on
          effect: nothing was changed
        next: enact apply -e production --yes
        "#);
    assert_eq!(repo.value("SELECT to_regclass('sites') IS NULL"), "true");
}

#[test]
fn with_yes_the_plan_is_shown_and_run() {
    let repo = repo();
    said!(repo.env, repo.enact("apply -e production --yes"), @r"
        exit: 0
        ----- stdout -----
        2 steps done; core stands at 002_add_city

        ----- stderr -----
        apply core: 000 to 002, 2 steps
          + core:001_create_sites ..........................  1 statement, one transaction
          + core:002_add_city ..............................  2 statements, one transaction
        plan sha256:[SHA256]
        installed schema enact; this database is enrolled now
        run [UUID]: 2 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        ");
    said!(repo.env, repo.enact("apply -e production"), @r"
        exit: 0
        ----- stdout -----
        nothing to do: core stands at 002_add_city

        ----- stderr -----
        ");
}

/// On a terminal of `script`, which is part of every Linux.
fn on_a_terminal(repo: &Repo, line: &str, typed: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let enact = repo.env.command();
    let mut script = Command::new("script");
    script.env_clear().envs(
        enact
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    script
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .current_dir(repo.env.dir());
    script.args([
        "-qec",
        &format!("{} {line}", env!("CARGO_BIN_EXE_enact")),
        "/dev/null",
    ]);
    let mut child = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn on_a_terminal_its_name_is_typed() {
    let repo = repo();
    let refused = on_a_terminal(&repo, "apply -e production", "yes\n");
    assert!(
        refused.contains("Type its name") && refused.contains("not agreed to"),
        "{refused}"
    );
    assert_eq!(repo.value("SELECT to_regclass('sites') IS NULL"), "true");
    let done = on_a_terminal(&repo, "apply -e production", "production\n");
    assert!(done.contains("core stands at 002"), "{done}");
}

#[test]
fn the_detail_is_for_a_terminal_alone() {
    let repo = repo();
    repo.migration(
        "003_c",
        "INSERT INTO sites VALUES (1, 'Jane Doe');\nINSERT INTO sites VALUES (1, 'John');",
        "SELECT 1;",
    );
    let shown = on_a_terminal(&repo, "apply -e production --yes", "");
    assert!(shown.contains("Key (id)=(1) already exists"), "{shown}");
    let hidden = repo.enact("apply -e production --yes");
    assert!(!hidden.stderr.contains("Key (id)"), "{hidden}");
}
