//! Connecting to a real server: what happens, and what a person reads when it does not work.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use enact_engine::sandbox::Shutdown;
use enact_engine::target::{
    ConnInfo, ConnectCause, ConnectError, Connected, Env, LinkEnd, PasswordSource, Purpose,
    Refusal, Server, connect, pooler,
};
use enact_testkit::{Must, TestPg};
use tokio::net::TcpListener;

const NAME: &str = "enact/test 1";
const PASSWORD: &str = "hunter2";

fn info(conninfo: &str) -> ConnInfo {
    let env = Env::default()
        .with_os_user("postgres")
        .with_home("/nowhere");
    ConnInfo::resolve(Some(conninfo), &env).must("read the connection string")
}

async fn open(conninfo: &str) -> Connected {
    connect(&info(conninfo), NAME).await.must("connect")
}

/// The error of a connection that must fail; no password is in it, however it is shown.
async fn refused(info: &ConnInfo) -> ConnectError {
    let Err(error) = connect(info, NAME).await else {
        panic!("{info} must not be reached")
    };
    let shown = format!("{error} {error:?} {}", error.mend());
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(!error.mend().is_empty());
    error
}

async fn text(session: &Connected, sql: &str) -> String {
    session.client.query_one(sql, &[]).await.must("ask").get(0)
}

#[tokio::test]
async fn session_knows_itself_and_its_server() {
    let pg = TestPg::start();
    let session = open(&pg.url("postgres")).await;
    let server = Server::ask(&session.client).await.must("ask");
    assert_eq!(
        (server.major(), server.role.as_str(), server.login.as_str()),
        (pg.major(), "postgres", "postgres")
    );
    assert_eq!(
        (server.database.as_str(), server.superuser),
        ("postgres", true)
    );
    assert!(!server.in_recovery && !server.read_only && !server.encrypted);
    assert_eq!(
        session.key_pid,
        Some(server.pid),
        "a direct session's cancel key names its process"
    );
    assert!(!pooler::may_be_proxied(session.key_pid, server.pid));
    assert!(
        server
            .system_identifier
            .is_some_and(|id| id.parse::<u64>().is_ok())
    );
    assert_eq!(
        (
            server.clock.len(),
            &server.clock[10..11],
            &server.clock[26..]
        ),
        (27, "T", "Z")
    );
    assert_eq!(text(&session, "SHOW application_name").await, NAME);
    session.close().await;
}

#[tokio::test]
async fn application_name_that_a_person_set_stays() {
    let pg = TestPg::start();
    let session = open(&format!("{}&application_name=mine", pg.url("postgres"))).await;
    assert_eq!(text(&session, "SHOW application_name").await, "mine");
}

#[tokio::test]
async fn hello_serves_a_role_without_rights() {
    let pg = TestPg::start();
    let admin = pg.client("postgres").await;
    let sql = "CREATE ROLE reader LOGIN; ALTER ROLE reader SET default_transaction_read_only = on; \
               REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC";
    admin.batch_execute(sql).await.must("set up");
    let session = open(&pg.url("postgres").replace("postgres@", "reader@")).await;
    let server = Server::ask(&session.client).await.must("ask");
    assert_eq!(
        (server.role.as_str(), server.superuser, server.read_only),
        ("reader", false, true)
    );
    assert_eq!(
        server.system_identifier, None,
        "refused, which is no reason to fail"
    );
    assert_eq!(server.refusal(Purpose::Read), None);
    assert_eq!(
        server.refusal(Purpose::Write),
        Some(Refusal::ReadOnly {
            role: "reader".to_owned()
        })
    );
}

#[test]
fn standby_is_refused_and_target_session_attrs_finds_the_primary() {
    let standby = TestPg::start();
    let primary = TestPg::start();
    standby.sandbox().stop(Shutdown::Fast).must("stop");
    std::fs::write(standby.sandbox().data_dir().join("standby.signal"), "").must("write");
    let url = standby.url("postgres");
    thread::scope(|scope| {
        // Counts as started once promoted, below.
        let started = scope.spawn(|| standby.restart());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .must("build a runtime");
        runtime.block_on(check_standby(
            &url,
            primary.sandbox().socket_dir(),
            standby.sandbox().socket_dir(),
        ));
        started.join().expect("promoted");
    });
}

async fn check_standby(url: &str, primary: &Path, standby: &Path) {
    let session = open_soon(url).await;
    let server = Server::ask(&session.client).await.must("ask");
    assert_eq!(server.refusal(Purpose::Read), Some(Refusal::Standby));
    let error = refused(&info(&format!("{url}&target_session_attrs=read-write"))).await;
    assert!(matches!(error.cause, ConnectCause::SessionAttrs), "{error}");
    let port = info(url).endpoints[0].port;
    for (attrs, place) in [
        ("primary", primary),
        ("standby", standby),
        ("prefer-standby", standby),
        ("read-write", primary),
    ] {
        let hosts = format!("{},{}", standby.display(), primary.display());
        let hosts = if place == standby {
            format!("{},{}", primary.display(), standby.display())
        } else {
            hosts
        };
        let found = open(&format!(
            "host={hosts} port={port} user=postgres target_session_attrs={attrs}"
        ))
        .await;
        assert_eq!(
            found.place,
            format!("{}/.s.PGSQL.{port}", place.display()),
            "{attrs}"
        );
    }
    let alone = open(&format!(
        "host={} port={port} user=postgres target_session_attrs=prefer-standby",
        primary.display()
    ))
    .await;
    assert!(
        alone.place.starts_with(&primary.display().to_string()),
        "a primary will do when there is no standby"
    );
    session
        .client
        .batch_execute("SELECT pg_promote(false)")
        .await
        .must("promote");
}

/// Connects as soon as the server is up.
async fn open_soon(url: &str) -> Connected {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match connect(&info(url), NAME).await {
            Ok(session) => return session,
            Err(error) if error.is_transient() && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn notices_arrive_in_order_and_without_loss() {
    let pg = TestPg::start();
    let mut session = open(&pg.url("postgres")).await;
    let sql = "DO $$ BEGIN FOR i IN 1..100 LOOP RAISE NOTICE 'number %', i; END LOOP; \
               RAISE WARNING 'last' USING DETAIL = 'd', HINT = 'h'; END $$";
    session.client.batch_execute(sql).await.must("raise");
    for i in 1..=100 {
        let notice = session.notices.recv().await.expect("a notice");
        assert_eq!(
            (notice.severity.as_str(), notice.message),
            ("NOTICE", format!("number {i}"))
        );
    }
    let last = session.notices.recv().await.expect("a warning");
    assert_eq!(
        (last.severity.as_str(), last.sqlstate.as_str()),
        ("WARNING", "01000")
    );
    assert_eq!(
        (last.detail.as_deref(), last.hint.as_deref()),
        (Some("d"), Some("h"))
    );
}

#[tokio::test]
async fn loss_of_a_session_is_noticed_with_its_reason() {
    let pg = TestPg::start();
    let session = open(&pg.url("postgres")).await;
    let pid = session.key_pid.expect("known");
    assert_eq!(session.link.end(), None);
    let admin = pg.client("postgres").await;
    admin
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .await
        .must("terminate");
    let LinkEnd::Lost { sqlstate, reason } = session.link.clone().ended().await else {
        panic!("lost, not closed")
    };
    assert_eq!(sqlstate.as_deref(), Some("57P01"), "{reason}");
    assert!(session.client.simple_query("SELECT 1").await.is_err());

    let session = open(&pg.url("postgres")).await;
    pg.kill_immediate();
    assert!(matches!(
        session.link.clone().ended().await,
        LinkEnd::Lost { .. }
    ));
}

#[tokio::test]
async fn closing_a_session_is_no_loss_and_frees_its_locks() {
    let pg = TestPg::start();
    let session = open(&pg.url("postgres")).await;
    session
        .client
        .execute("SELECT pg_advisory_lock(1)", &[])
        .await
        .must("lock");
    let mut link = session.link.clone();
    session.close().await;
    assert_eq!(link.ended().await, LinkEnd::Closed);
    let other = open(&pg.url("postgres")).await;
    other
        .client
        .execute("SELECT pg_advisory_lock(1)", &[])
        .await
        .must("lock again");
}

#[tokio::test]
async fn running_statement_is_cancelled() {
    let pg = TestPg::start();
    let session = open(&pg.url("postgres")).await;
    let sleep = session.client.batch_execute("SELECT pg_sleep(600)");
    let cancel = async {
        let admin = pg.client("postgres").await;
        let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
        while admin
            .query_one(running, &[])
            .await
            .must("look")
            .get::<_, i64>(0)
            == 0
        {}
        session.canceller.cancel().await.must("cancel");
    };
    let (outcome, ()) = tokio::join!(sleep, cancel);
    let error = outcome.expect_err("cancelled");
    assert_eq!(error.code().map(|code| code.code()), Some("57014"));
    assert_eq!(text(&session, "SELECT 'alive'").await, "alive");
}

#[tokio::test]
async fn request_to_cancel_that_has_returned_cannot_hit_the_next_statement() {
    let pg = TestPg::start();
    let session = open(&pg.url("postgres")).await;
    for _ in 0..20 {
        session.canceller.cancel().await.must("cancel");
        // Long enough for a request that is still on its way to arrive.
        let next = session.client.batch_execute("SELECT pg_sleep(0.03)").await;
        next.must("the next statement is unharmed");
    }
}

/// A cluster with a role for each way of being turned away.
async fn guarded_cluster() -> TestPg {
    let pg = TestPg::with_access(&[
        "local all barred reject",
        "local all keyed scram-sha-256",
        "local all hashed md5",
        "local all all trust",
    ]);
    let admin = pg.client("postgres").await;
    let sql = "CREATE ROLE barred LOGIN; CREATE ROLE keyed LOGIN PASSWORD 'right'; CREATE ROLE locked; \
               CREATE ROLE hashed LOGIN PASSWORD 'right'; CREATE ROLE few LOGIN CONNECTION LIMIT 0; CREATE ROLE plain LOGIN";
    admin.batch_execute(sql).await.must("create roles");
    admin
        .batch_execute("CREATE DATABASE sealed")
        .await
        .must("create a database");
    admin
        .batch_execute("REVOKE CONNECT ON DATABASE sealed FROM PUBLIC")
        .await
        .must("seal");
    pg
}

#[tokio::test]
async fn login_failures_are_told_apart() {
    let pg = guarded_cluster().await;
    type Case = (
        &'static str,
        &'static str,
        Option<&'static str>,
        fn(&ConnectCause) -> bool,
    );
    let cases: [Case; 9] = [
        ("keyed:hunter2", "postgres", Some("28P01"), |cause| {
            matches!(cause, ConnectCause::WrongPassword { user, source_of_password }
                if user == "keyed" && *source_of_password == Some(PasswordSource::Given))
        }),
        ("hashed:hunter2", "postgres", Some("28P01"), |cause| {
            matches!(cause, ConnectCause::WrongPassword { .. })
        }),
        ("keyed", "postgres", None, |cause| {
            matches!(cause, ConnectCause::NoPassword { .. })
        }),
        ("barred", "postgres", Some("28000"), |cause| {
            matches!(cause, ConnectCause::NotAdmitted { .. })
        }),
        ("locked", "postgres", Some("28000"), |cause| {
            matches!(cause, ConnectCause::NotAdmitted { .. })
        }),
        ("nobody", "postgres", Some("28000"), |cause| {
            matches!(cause, ConnectCause::NotAdmitted { .. })
        }),
        (
            "postgres",
            "missing",
            Some("3D000"),
            |cause| matches!(cause, ConnectCause::NoDatabase { database } if database == "missing"),
        ),
        ("plain", "sealed", Some("42501"), |cause| {
            matches!(cause, ConnectCause::Forbidden { .. })
        }),
        ("few", "postgres", Some("53300"), |cause| {
            matches!(cause, ConnectCause::Full { .. })
        }),
    ];
    for (login, database, sqlstate, is_it) in cases {
        let url = pg.url(database).replace("postgres@", &format!("{login}@"));
        let error = refused(&info(&url)).await;
        assert!(is_it(&error.cause), "{login} {database}: {error:?}");
        assert_eq!(error.sqlstate.as_deref(), sqlstate, "{login} {database}");
    }
    open(&pg.url("postgres").replace("postgres@", "keyed:right@")).await;
}

#[tokio::test]
async fn wrong_password_says_where_it_came_from() {
    let pg = TestPg::with_access(&["local all keyed scram-sha-256", "local all all trust"]);
    let admin = pg.client("postgres").await;
    admin
        .batch_execute("CREATE ROLE keyed LOGIN PASSWORD 'right'")
        .await
        .must("create a role");
    let env = Env::new([("PGPASSWORD".to_owned(), PASSWORD.to_owned())]);
    let url = pg.url("postgres").replace("postgres@", "keyed@");
    let info = ConnInfo::resolve(Some(&url), &env).must("resolve");
    let error = refused(&info).await;
    assert_eq!(
        error.mend(),
        "the password came from PGPASSWORD: correct it there"
    );
    assert!(
        error
            .to_string()
            .ends_with("the password for `keyed` is wrong"),
        "{error}"
    );
}

#[tokio::test]
async fn unreachable_servers_are_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .must("bind")
        .local_addr()
        .must("know the port")
        .port();
    let directory = tempfile::tempdir().must("make a directory");
    let socket = format!("host={} user=u", directory.path().display());
    let name = refused(&info("postgres://u:hunter2@no-such-host.invalid/d")).await;
    assert!(
        matches!(&name.cause, ConnectCause::UnknownHost { host } if host == "no-such-host.invalid"),
        "{name}"
    );
    let port = refused(&info(&format!("postgres://u:hunter2@127.0.0.1:{port}/d"))).await;
    assert!(
        matches!(port.cause, ConnectCause::Refused) && port.is_transient(),
        "{port}"
    );
    let socket = refused(&info(&socket)).await;
    assert!(
        matches!(socket.cause, ConnectCause::NoSocket { .. }),
        "{socket}"
    );
    assert!(
        name.to_string()
            .starts_with("cannot connect to no-such-host.invalid:5432/d as u: "),
        "{name}"
    );
}

#[tokio::test]
async fn next_host_is_tried() {
    let pg = TestPg::start();
    let directory = pg.sandbox().socket_dir().display().to_string();
    let port = pg.sandbox().port();
    let session = open(&format!(
        "host=no-such-host.invalid,{directory} port={port} user=postgres"
    ))
    .await;
    assert_eq!(session.place, format!("{directory}/.s.PGSQL.{port}"));
}

#[tokio::test]
async fn silent_server_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.must("bind");
    let port = listener.local_addr().must("know the port").port();
    let error = refused(&info(&format!(
        "postgres://u@127.0.0.1:{port}/d?connect_timeout=1"
    )))
    .await;
    assert!(
        matches!(error.cause, ConnectCause::TimedOut { after } if after == Duration::from_secs(1)),
        "{error}"
    );
}

#[tokio::test]
async fn other_services_are_recognised() {
    for (answer, mode) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "disable"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "prefer"),
        ("SSH-2.0-x\r\n", "require"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.must("bind");
        let port = listener.local_addr().must("know the port").port();
        let serve = async {
            let (mut socket, _) = listener.accept().await.must("accept");
            let mut request = [0; 8];
            tokio::io::AsyncReadExt::read_exact(&mut socket, &mut request)
                .await
                .must("read");
            tokio::io::AsyncWriteExt::write_all(&mut socket, answer.as_bytes())
                .await
                .must("write");
        };
        let url = info(&format!("postgres://u@127.0.0.1:{port}/d?sslmode={mode}"));
        let (error, ()) = tokio::join!(refused(&url), serve);
        let known = matches!(
            error.cause,
            ConnectCause::NotPostgres | ConnectCause::HungUp | ConnectCause::TlsRefused { .. }
        );
        assert!(known, "{mode}: {error:?}");
    }
}

#[tokio::test]
async fn full_server_says_so() {
    let pg = TestPg::with(&[
        ("max_connections", "2"),
        ("superuser_reserved_connections", "0"),
        ("max_wal_senders", "0"),
    ]);
    let first = open(&pg.url("postgres")).await;
    let second = open(&pg.url("postgres")).await;
    let error = refused(&info(&pg.url("postgres"))).await;
    assert!(
        matches!(error.cause, ConnectCause::Full { .. }) && error.is_transient(),
        "{error}"
    );
    drop((first, second));
}
