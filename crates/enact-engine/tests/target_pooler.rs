//! Transaction poolers are refused, session poolers accepted: shown with a real pgbouncer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use enact_engine::target::{ConnInfo, Connected, Env, PoolerSign, Server, connect, pooler};
use enact_testkit::{Must, TestPg};
use tempfile::TempDir;

const PGBOUNCER: &str = "/usr/sbin/pgbouncer";

/// Runs the test's body only where pgbouncer is installed.
macro_rules! need_pgbouncer {
    () => {
        if !Path::new(PGBOUNCER).exists() {
            eprintln!("pgbouncer is not installed: nothing was tested");
            return;
        }
    };
}

/// A pgbouncer on a socket of its own, in front of a test cluster.
struct Bouncer {
    child: Child,
    directory: TempDir,
}

impl Bouncer {
    fn start(pg: &TestPg, mode: &str, pool_size: u32, more: &str) -> Self {
        let directory = TempDir::with_prefix_in("enact-bouncer-", "/tmp").must("make a directory");
        let path = directory.path();
        let config = format!(
            "[databases]\n* = host={host} port={port} user=postgres\n[pgbouncer]\npool_mode = {mode}\n\
             default_pool_size = {pool_size}\nlisten_addr =\nunix_socket_dir = {path}\nauth_type = trust\n\
             auth_file = {path}/users\n{more}\n",
            host = pg.sandbox().socket_dir().display(),
            port = pg.sandbox().port(),
            path = path.display(),
        );
        fs::write(path.join("config.ini"), config).must("write");
        fs::write(path.join("users"), "\"postgres\" \"\"\n").must("write");
        let child = spawn(pg, path);
        let mut bouncer = Self { child, directory };
        bouncer.wait_until_up();
        bouncer
    }

    fn wait_until_up(&mut self) {
        let Some(log) = self.child.stderr.take() else {
            panic!("stderr is piped")
        };
        let mut seen = String::new();
        for line in BufReader::new(log).lines() {
            let line = line.must("read the log");
            seen.push_str(&line);
            if line.contains("process up") {
                return;
            }
        }
        panic!("pgbouncer did not start: {seen}");
    }

    fn url(&self) -> String {
        format!(
            "postgresql:///postgres?host={}&port=6432&user=postgres",
            self.directory.path().display()
        )
    }

    async fn open(&self) -> Connected {
        connect(&info(&self.url()), "enact/test 1")
            .await
            .must("connect")
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
    let owner = fs::metadata(pg.sandbox().data_dir()).must("look at the cluster");
    let own = fs::metadata(directory).must("look at the directory").uid();
    // Ends with the test, also one that is killed.
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", PGBOUNCER])
        .arg(directory.join("config.ini"));
    if own != owner.uid() {
        chown(directory, Some(owner.uid()), Some(owner.gid())).must("give the directory away");
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .must("start pgbouncer")
}

fn info(url: &str) -> ConnInfo {
    ConnInfo::resolve(Some(url), &Env::default()).must("read the URL")
}

async fn sign(a: &Connected, b: &Connected) -> Option<PoolerSign> {
    pooler::detect_within(&a.client, &b.client, Duration::from_secs(2))
        .await
        .must("detect")
}

#[tokio::test]
async fn direct_sessions_are_accepted() {
    let pg = TestPg::start();
    let a = connect(&info(&pg.url("postgres")), "a")
        .await
        .must("connect");
    let b = connect(&info(&pg.url("postgres")), "b")
        .await
        .must("connect");
    assert_eq!(sign(&a, &b).await, None);
    let state = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'";
    let open: i64 = a.client.query_one(state, &[]).await.must("look").get(0);
    assert_eq!(open, 0, "no transaction is left open");
}

#[tokio::test]
async fn transaction_poolers_are_refused() {
    need_pgbouncer!();
    let pg = TestPg::start();
    for (pool_size, more) in [
        (1, ""),
        (20, ""),
        (20, "server_round_robin = 1"),
        (20, "min_pool_size = 5\nserver_round_robin = 1"),
    ] {
        let bouncer = Bouncer::start(&pg, "transaction", pool_size, more);
        let (a, b) = (bouncer.open().await, bouncer.open().await);
        let sign = sign(&a, &b).await.expect("found out");
        assert!(
            matches!(sign, PoolerSign::Shared { .. } | PoolerSign::Moved { .. }),
            "{pool_size} {more}: {sign:?}"
        );
        let mend = sign.mend(&info(&bouncer.url()));
        assert!(
            mend.contains("direct URL") && mend.contains("6432"),
            "{mend}"
        );
    }
}

#[tokio::test]
async fn busy_transaction_pooler_is_refused() {
    need_pgbouncer!();
    let pg = TestPg::start();
    let bouncer = Bouncer::start(&pg, "transaction", 5, "");
    let others = [
        bouncer.open().await,
        bouncer.open().await,
        bouncer.open().await,
    ];
    let (a, b) = (bouncer.open().await, bouncer.open().await);
    let busy = async {
        let work = others.iter().map(|other| async move {
            while other
                .client
                .simple_query("SELECT count(*) FROM pg_class")
                .await
                .is_ok()
            {}
        });
        futures_util::future::join_all(work).await;
    };
    tokio::select! {
        () = busy => panic!("the others stop never"),
        sign = sign(&a, &b) => assert!(sign.is_some(), "not found out"),
    }
}

#[tokio::test]
async fn session_pooler_is_accepted_though_its_cancel_keys_are_its_own() {
    need_pgbouncer!();
    let pg = TestPg::start();
    let bouncer = Bouncer::start(&pg, "session", 20, "");
    let (a, b) = (bouncer.open().await, bouncer.open().await);
    assert_eq!(sign(&a, &b).await, None);
    let server = Server::ask(&a.client).await.must("ask");
    assert!(
        pooler::may_be_proxied(a.key_pid, server.pid),
        "the pooler hands out keys of its own"
    );
}

#[tokio::test]
async fn session_pooler_with_room_for_one_says_so() {
    need_pgbouncer!();
    let pg = TestPg::start();
    let bouncer = Bouncer::start(&pg, "session", 1, "");
    let a = bouncer.open().await;
    Server::ask(&a.client).await.must("one session works");
    let b = bouncer.open().await;
    assert_eq!(sign(&a, &b).await, Some(PoolerSign::NoRoom));
}

#[tokio::test]
async fn statement_pooler_is_refused() {
    need_pgbouncer!();
    let pg = TestPg::start();
    let bouncer = Bouncer::start(&pg, "statement", 20, "");
    let (a, b) = (bouncer.open().await, bouncer.open().await);
    assert_eq!(sign(&a, &b).await, Some(PoolerSign::StatementMode));
}

#[tokio::test]
async fn start_up_parameter_that_a_pooler_lacks_is_named() {
    need_pgbouncer!();
    let pg = TestPg::start();
    let bouncer = Bouncer::start(&pg, "session", 20, "");
    let url = format!("{}&options=-csearch_path%3Dx", bouncer.url());
    let Err(error) = connect(&info(&url), "enact/test 1").await else {
        return;
    };
    let text = format!("{error}: {}", error.mend());
    assert!(
        text.contains("start-up parameter") && text.contains("options"),
        "{text}"
    );
}
