//! Servers and ways to them that no run may begin on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use enact_engine::sandbox::Shutdown;
use enact_testkit::TestPg;
use tempfile::TempDir;

use crate::kit::{Db, File, Repo, fresh};

const FILES: &[File<'static>] = &[
    ("a", "CREATE TABLE a (id int);", None),
    ("b", "CREATE TABLE b (id int);", None),
];
const PGBOUNCER: &str = "/usr/sbin/pgbouncer";

#[test]
fn a_standby_is_refused() {
    let (pg, repo) = (TestPg::start(), Repo::new(FILES));
    let url = pg.url(&fresh(&pg));
    repo.done("apply --to 1", &url);
    pg.sandbox().stop(Shutdown::Fast).unwrap();
    let signal = pg.sandbox().data_dir().join("standby.signal");
    fs::write(&signal, "").unwrap();
    pg.restart();
    assert_eq!(Db::open(&url).value("SELECT pg_is_in_recovery()"), "t");
    for command in ["apply", "rollback", "status", "verify"] {
        let document = repo.refused(command, &url, 43);
        assert!(
            document["message"].to_string().contains("standby"),
            "{document}"
        );
        assert!(
            !document["next"].as_array().unwrap().is_empty(),
            "{document}"
        );
    }
    pg.sandbox().stop(Shutdown::Fast).unwrap();
    fs::remove_file(signal).unwrap();
    pg.restart();
    repo.done("apply", &url);
}

#[test]
fn a_database_that_is_set_read_only_may_be_looked_at_but_not_worked_on() {
    let (pg, repo) = (TestPg::start(), Repo::new(FILES));
    let database = fresh(&pg);
    let url = pg.url(&database);
    repo.done("apply --to 1", &url);
    let db = Db::open(&url);
    db.run(&format!(
        "ALTER DATABASE {database} SET default_transaction_read_only = on"
    ));
    let document = repo.refused("apply", &url, 43);
    assert!(
        document["message"].to_string().contains("read"),
        "{document}"
    );
    assert_eq!(repo.status(&url)["pending"], 1);
    // The setting belongs to the database, and so to its fingerprint.
    assert_eq!(repo.verify(&url, &[]), 19);
    db.run(&format!(
        "ALTER DATABASE {database} RESET default_transaction_read_only"
    ));
    repo.done("apply", &url);
}

#[test]
fn a_transaction_pooler_is_refused_and_the_direct_url_asked_for() {
    if !Path::new(PGBOUNCER).exists() {
        eprintln!("pgbouncer is not installed: nothing was tested");
        return;
    }
    let (pg, repo) = (TestPg::start(), Repo::new(FILES));
    let database = fresh(&pg);
    let bouncer = Bouncer::start(&pg, "transaction");
    let document = repo.refused("apply", &bouncer.url(&database), 43);
    assert!(
        document["message"].to_string().contains("pool"),
        "{document}"
    );
    assert!(
        document["next"].to_string().contains("direct"),
        "{document}"
    );
    let db = Db::open(&pg.url(&database));
    assert_eq!(db.value("SELECT to_regnamespace('enact')"), "");
    drop(bouncer);
    let bouncer = Bouncer::start(&pg, "session");
    repo.done("apply", &bouncer.url(&database));
    assert_eq!(
        db.value("SELECT count(*) FROM enact.entries WHERE kind = 'migration.applied'"),
        "2"
    );
}

/// A pgbouncer on a socket of its own, in front of a test cluster.
struct Bouncer {
    child: Child,
    directory: TempDir,
}

impl Bouncer {
    fn start(pg: &TestPg, mode: &str) -> Self {
        let directory = TempDir::with_prefix_in("enact-bouncer-", "/tmp").unwrap();
        let path = directory.path();
        let config = format!(
            "[databases]\n* = host={host} port={port} user=postgres\n[pgbouncer]\npool_mode = {mode}\nlisten_addr =\n\
             unix_socket_dir = {path}\nauth_type = trust\nauth_file = {path}/users\nignore_startup_parameters = options\n",
            host = pg.sandbox().socket_dir().display(),
            port = pg.sandbox().port(),
            path = path.display(),
        );
        fs::write(path.join("config.ini"), config).unwrap();
        fs::write(path.join("users"), "\"postgres\" \"\"\n").unwrap();
        let mut child = spawn(pg, path);
        let log = BufReader::new(child.stderr.take().unwrap());
        let up = log.lines().any(|line| line.unwrap().contains("process up"));
        assert!(up, "pgbouncer did not start");
        Self { child, directory }
    }

    fn url(&self, database: &str) -> String {
        let host = self.directory.path().display();
        format!("postgresql://postgres@/{database}?host={host}&port=6432")
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As the account that owns the cluster: pgbouncer refuses to run as root, and nobody else may enter its socket.
fn spawn(pg: &TestPg, directory: &Path) -> Child {
    use std::os::unix::fs::{MetadataExt, chown};
    use std::os::unix::process::CommandExt;
    let owner = fs::metadata(pg.sandbox().data_dir()).unwrap();
    let own = fs::metadata(directory).unwrap().uid();
    // Ends with the test, also one that is killed.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", PGBOUNCER]);
    command.arg(directory.join("config.ini"));
    if own != owner.uid() {
        chown(directory, Some(owner.uid()), Some(owner.gid())).unwrap();
        command.uid(owner.uid()).gid(owner.gid());
    }
    let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
    child.unwrap()
}
