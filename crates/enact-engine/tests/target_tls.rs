//! TLS against a real server whose certificates are made for the test by the `openssl` command.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use enact_engine::target::tls::TlsError;
use enact_engine::target::{ConnInfo, ConnectCause, ConnectError, Env, Server, connect};
use enact_testkit::{Must, TestPg};
use tempfile::TempDir;

const HOST: &str = "db.test";

/// A directory of throw-away certificates.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().must("make a directory"));
        for name in ["ca", "other"] {
            authority.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                 -keyout {name}.key -out {name}.crt -subj /CN=test-{name}"
            ));
        }
        authority.write("index.txt", "");
        authority.write("ca.cnf", CA_CONFIG);
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).must("write");
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let output = command
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output();
        let output = output.must("run openssl");
        assert!(
            output.status.success(),
            "{arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// A certificate for a name, from these days on for so long.
    fn issue(&self, file: &str, name: &str, validity: &str) {
        self.write(
            &format!("{file}.ext"),
            &format!("subjectAltName = DNS:{name}\n"),
        );
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {file}.key -out {file}.csr -subj /CN={name}"
        ));
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in {file}.csr -out {file}.crt -extfile {file}.ext {validity}"
        ));
        let key = fs::Permissions::from_mode(0o600);
        fs::set_permissions(self.path(&format!("{file}.key")), key).must("close the key");
    }
}

const CA_CONFIG: &str = "[ca]\ndefault_ca = this\n[this]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n\
                         default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";
const VALID: &str = "-days 2";
const EXPIRED: &str = "-startdate 20200101000000Z -enddate 20200201000000Z";
const FUTURE: &str = "-startdate 20990101000000Z -enddate 20990201000000Z";

/// A server that listens on a free port of 127.0.0.1, with TLS if a certificate is given.
struct TcpServer {
    pg: TestPg,
    port: u16,
}

impl TcpServer {
    fn start(access: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .must("bind")
            .local_addr()
            .must("know the port")
            .port();
        let pg = TestPg::from_options(|options| {
            let settings = [
                ("listen_addresses", "127.0.0.1".to_owned()),
                ("port", port.to_string()),
            ];
            let settings = settings.map(|(name, value)| (name.to_owned(), value));
            options.settings.extend(settings);
            options.access = access.iter().map(ToString::to_string).collect();
        });
        Self { pg, port }
    }

    fn with_tls(authority: &Authority, certificate: &str, access: &[&str]) -> Self {
        let server = Self::start(access);
        server.use_certificate(authority, certificate);
        server
    }

    fn use_certificate(&self, authority: &Authority, certificate: &str) {
        let data = self.pg.sandbox().data_dir();
        install(
            &authority.path(&format!("{certificate}.crt")),
            &data.join("server.crt"),
            &data,
        );
        install(
            &authority.path(&format!("{certificate}.key")),
            &data.join("server.key"),
            &data,
        );
        install(&authority.path("ca.crt"), &data.join("root.crt"), &data);
        let conf = data.join("postgresql.conf");
        let settings =
            fs::read_to_string(&conf).must("read") + "\nssl = on\nssl_ca_file = 'root.crt'\n";
        fs::write(conf, settings).must("write");
        self.pg.restart();
    }

    fn conninfo(&self, host: &str, more: &str) -> String {
        format!(
            "host={host} hostaddr=127.0.0.1 port={} user=postgres dbname=postgres {more}",
            self.port
        )
    }

    /// Whether the session is encrypted, or why there is none.
    async fn try_connect(&self, host: &str, more: &str) -> Result<bool, ConnectError> {
        let env = Env::default().with_home("/nowhere");
        let info = ConnInfo::resolve(Some(&self.conninfo(host, more)), &env).must("resolve");
        let session = connect(&info, "enact/test 1").await?;
        Ok(Server::ask(&session.client).await.must("ask").encrypted)
    }

    async fn refused(&self, host: &str, more: &str) -> ConnectCause {
        match self.try_connect(host, more).await {
            Ok(encrypted) => {
                panic!("{host} {more} must be refused, but connected (encrypted: {encrypted})")
            }
            Err(error) => {
                assert!(!error.mend().is_empty(), "{error}");
                error.cause
            }
        }
    }

    async fn encrypted(&self, host: &str, more: &str) -> bool {
        self.try_connect(host, more).await.must("connect")
    }
}

/// Copies a file for the server's account alone.
fn install(from: &Path, to: &Path, data: &Path) {
    let owner = fs::metadata(data).must("look at the cluster");
    fs::copy(from, to).must("copy");
    fs::set_permissions(to, fs::Permissions::from_mode(0o600)).must("close");
    if fs::metadata(to).must("look").uid() != owner.uid() {
        chown(to, Some(owner.uid()), Some(owner.gid())).must("give away");
    }
}

fn root(authority: &Authority, name: &str) -> String {
    format!("sslrootcert={}", authority.path(name).display())
}

#[tokio::test]
async fn every_mode_with_a_good_certificate() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    let server = TcpServer::with_tls(&authority, "server", &["host all all 127.0.0.1/32 trust"]);
    let (ca, other) = (root(&authority, "ca.crt"), root(&authority, "other.crt"));
    for (mode, encrypted) in [
        ("disable", false),
        ("allow", false),
        ("prefer", true),
        ("require", true),
    ] {
        assert_eq!(
            server.encrypted(HOST, &format!("sslmode={mode}")).await,
            encrypted,
            "{mode}"
        );
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        assert!(
            server
                .encrypted(HOST, &format!("sslmode={mode} {ca}"))
                .await,
            "{mode}"
        );
        let cause = server
            .refused(HOST, &format!("sslmode={mode} {other}"))
            .await;
        assert!(
            matches!(cause, ConnectCause::TlsUntrusted),
            "{mode}: {cause:?}"
        );
    }
    assert!(
        server
            .encrypted("127.0.0.1", &format!("sslmode=verify-ca {ca}"))
            .await,
        "names are not compared"
    );
    let cause = server
        .refused("wrong.test", &format!("sslmode=verify-full {ca}"))
        .await;
    assert!(
        matches!(&cause, ConnectCause::TlsHostName { host, presented }
        if host == "wrong.test" && format!("{presented:?}").contains(HOST)),
        "{cause:?}"
    );
    let cause = server
        .refused("127.0.0.1", &format!("sslmode=verify-full {ca}"))
        .await;
    assert!(
        matches!(cause, ConnectCause::TlsHostName { .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn protocol_versions_and_the_systems_roots() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    let server = TcpServer::with_tls(&authority, "server", &["host all all 127.0.0.1/32 trust"]);
    let ca = root(&authority, "ca.crt");
    for extra in [
        "ssl_min_protocol_version=TLSv1.3",
        "ssl_min_protocol_version=TLSv1.2",
    ] {
        assert!(
            server
                .encrypted(HOST, &format!("sslmode=verify-full {ca} {extra}"))
                .await,
            "{extra}"
        );
    }
    let cause = server.refused(HOST, "sslrootcert=system").await;
    assert!(
        matches!(
            cause,
            ConnectCause::TlsUntrusted | ConnectCause::TlsSetup(TlsError::NoSystemRoots)
        ),
        "{cause:?}"
    );
}

#[tokio::test]
async fn certificates_outside_their_time_are_refused_when_verified() {
    let authority = Authority::new();
    authority.issue("expired", HOST, EXPIRED);
    authority.issue("future", HOST, FUTURE);
    let server = TcpServer::with_tls(&authority, "expired", &["host all all 127.0.0.1/32 trust"]);
    let verify = format!("sslmode=verify-full {}", root(&authority, "ca.crt"));
    let cause = server.refused(HOST, &verify).await;
    assert!(
        matches!(cause, ConnectCause::TlsTime { expired: true }),
        "{cause:?}"
    );
    let pinned = format!("sslmode=verify-full {}", root(&authority, "expired.crt"));
    let cause = server.refused(HOST, &pinned).await;
    assert!(
        matches!(cause, ConnectCause::TlsTime { expired: true }),
        "naming it as root does not renew it: {cause:?}"
    );
    assert!(
        server.encrypted(HOST, "sslmode=require").await,
        "require verifies nothing"
    );
    server.use_certificate(&authority, "future");
    let cause = server.refused(HOST, &verify).await;
    assert!(
        matches!(cause, ConnectCause::TlsTime { expired: false }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn self_signed_certificate_named_as_root_is_trusted() {
    let authority = Authority::new();
    authority.openssl(&format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout self.key -out self.crt \
         -subj /CN={HOST} -addext subjectAltName=DNS:{HOST}"
    ));
    let server = TcpServer::with_tls(&authority, "self", &["host all all 127.0.0.1/32 trust"]);
    let own = root(&authority, "self.crt");
    for mode in ["verify-ca", "verify-full"] {
        assert!(
            server
                .encrypted(HOST, &format!("sslmode={mode} {own}"))
                .await,
            "{mode}"
        );
    }
    let cause = server
        .refused("wrong.test", &format!("sslmode=verify-full {own}"))
        .await;
    assert!(
        matches!(cause, ConnectCause::TlsHostName { .. }),
        "{cause:?}"
    );
    let cause = server
        .refused(
            HOST,
            &format!("sslmode=verify-ca {}", root(&authority, "ca.crt")),
        )
        .await;
    assert!(
        !matches!(cause, ConnectCause::TlsHostName { .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn server_without_tls_is_refused_only_where_tls_is_demanded() {
    let authority = Authority::new();
    let server = TcpServer::start(&["host all all 127.0.0.1/32 trust"]);
    for mode in ["disable", "allow", "prefer"] {
        assert!(
            !server.encrypted(HOST, &format!("sslmode={mode}")).await,
            "{mode}"
        );
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let cause = server
            .refused(
                HOST,
                &format!("sslmode={mode} {}", root(&authority, "ca.crt")),
            )
            .await;
        assert!(
            matches!(cause, ConnectCause::TlsRefused { mode: demanded } if demanded.to_string() == mode),
            "{cause:?}"
        );
    }
}

#[tokio::test]
async fn what_pg_hba_demands_decides_between_plain_and_tls() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    let server = TcpServer::with_tls(
        &authority,
        "server",
        &["hostssl all all 127.0.0.1/32 trust"],
    );
    let cause = server.refused(HOST, "sslmode=disable").await;
    assert!(
        matches!(cause, ConnectCause::Encryption { encrypted: false }),
        "{cause:?}"
    );
    assert!(
        server.encrypted(HOST, "sslmode=allow").await,
        "the second try is encrypted"
    );
    let plain = TcpServer::with_tls(
        &authority,
        "server",
        &["hostnossl all all 127.0.0.1/32 trust"],
    );
    assert!(
        !plain.encrypted(HOST, "sslmode=prefer").await,
        "the second try is plain"
    );
    let cause = plain.refused(HOST, "sslmode=require").await;
    assert!(
        matches!(
            cause,
            ConnectCause::NotAdmitted { .. } | ConnectCause::Encryption { encrypted: true }
        ),
        "{cause:?}"
    );
}

#[tokio::test]
async fn client_certificates() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    authority.issue("postgres", "postgres", VALID);
    authority.issue("somebody", "somebody", VALID);
    let server = TcpServer::with_tls(&authority, "server", &["hostssl all all 127.0.0.1/32 cert"]);
    let identity = |name: &str| {
        let (certificate, key) = (format!("{name}.crt"), format!("{name}.key"));
        format!(
            "sslmode=require sslcert={} sslkey={}",
            authority.path(&certificate).display(),
            authority.path(&key).display()
        )
    };
    assert!(server.encrypted(HOST, &identity("postgres")).await);
    let cause = server.refused(HOST, "sslmode=require").await;
    assert!(
        matches!(cause, ConnectCause::TlsClient { given: false }),
        "{cause:?}"
    );
    let cause = server.refused(HOST, &identity("somebody")).await;
    assert!(
        matches!(cause, ConnectCause::NotAdmitted { .. }),
        "{cause:?}"
    );
    let cause = server.refused(HOST, &identity("other")).await;
    assert!(
        matches!(
            cause,
            ConnectCause::TlsClient { given: true } | ConnectCause::TlsSetup(_)
        ),
        "{cause:?}"
    );
}

#[tokio::test]
async fn channel_binding_is_used_with_passwords() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    let access = [
        "local all all trust",
        "host all all 127.0.0.1/32 scram-sha-256",
    ];
    let server = TcpServer::with_tls(&authority, "server", &access);
    let sandbox = server.pg.sandbox();
    let local = format!(
        "host={} port={} user=postgres",
        sandbox.socket_dir().display(),
        server.port
    );
    let local = ConnInfo::resolve(Some(&local), &Env::default()).must("resolve");
    let admin = connect(&local, "enact/test 1").await.must("connect");
    admin
        .client
        .batch_execute("ALTER ROLE postgres PASSWORD 'right'")
        .await
        .must("set a password");
    let bound = "password=right sslmode=require channel_binding=require";
    assert!(server.encrypted(HOST, bound).await);
    let cause = server
        .refused(
            HOST,
            "password=right sslmode=disable channel_binding=require",
        )
        .await;
    assert!(
        matches!(cause, ConnectCause::Authentication { .. }),
        "{cause:?}"
    );
    let cause = server
        .refused(HOST, "password=hunter2 sslmode=require")
        .await;
    assert!(
        matches!(cause, ConnectCause::WrongPassword { .. }),
        "{cause:?}"
    );
}

/// `locked.key` is encrypted, `open.key` may be read by everybody.
fn set_up_bad_keys(authority: &Authority) {
    authority.openssl("pkey -in client.key -aes256 -passout pass:hunter2 -out locked.key");
    authority.openssl("pkey -in client.key -out open.key");
    for (key, mode) in [("open.key", 0o644), ("locked.key", 0o600)] {
        fs::set_permissions(authority.path(key), fs::Permissions::from_mode(mode))
            .must("set the mode");
    }
}

#[tokio::test]
async fn bad_files_are_named() {
    let authority = Authority::new();
    authority.issue("client", "postgres", VALID);
    authority.write("empty.crt", "no certificate here\n");
    set_up_bad_keys(&authority);
    let server = TcpServer::start(&["host all all 127.0.0.1/32 trust"]);
    let path = |name: &str| authority.path(name).display().to_string();
    let cause = async |more: String| match server
        .refused(HOST, &format!("sslmode=verify-full {more}"))
        .await
    {
        ConnectCause::TlsSetup(error) => error,
        other => panic!("{more}: {other:?}"),
    };
    let ca = root(&authority, "ca.crt");
    let client = |certificate: &str, key: &str| {
        format!("{ca} sslcert={} sslkey={}", path(certificate), path(key))
    };
    assert!(matches!(
        cause(String::new()).await,
        TlsError::NoRoot { .. }
    ));
    assert!(matches!(
        cause("sslrootcert=/no/file".to_owned()).await,
        TlsError::Unreadable { .. }
    ));
    assert!(matches!(
        cause(format!("sslrootcert={}", path("empty.crt"))).await,
        TlsError::NotPem { .. }
    ));
    assert!(matches!(
        cause(format!("{ca} sslcert={}", path("client.crt"))).await,
        TlsError::Half { missing: "sslkey" }
    ));
    assert!(matches!(
        cause(client("client.crt", "locked.key")).await,
        TlsError::EncryptedKey { .. }
    ));
    assert!(matches!(
        cause(client("client.crt", "open.key")).await,
        TlsError::OpenKey { .. }
    ));
    assert!(matches!(
        cause(client("client.crt", "absent.key")).await,
        TlsError::Unreadable { .. }
    ));
    assert!(matches!(
        cause(client("empty.crt", "client.key")).await,
        TlsError::NotPem { .. }
    ));
    fs::set_permissions(authority.path("ca.key"), fs::Permissions::from_mode(0o600))
        .must("close the key");
    assert!(matches!(
        cause(client("client.crt", "ca.key")).await,
        TlsError::Rejected(_)
    ));
}

#[tokio::test]
async fn no_tls_file_is_read_where_no_tls_can_happen() {
    let server = TcpServer::start(&["local all all trust", "host all all 127.0.0.1/32 trust"]);
    assert!(
        !server
            .encrypted(HOST, "sslmode=disable sslrootcert=/no/file")
            .await
    );
    let host = server.pg.sandbox().socket_dir().display().to_string();
    let conninfo = format!(
        "host={host} port={} user=postgres sslmode=verify-full sslrootcert=/no/file",
        server.port
    );
    let info = ConnInfo::resolve(Some(&conninfo), &Env::default()).must("resolve");
    connect(&info, "enact/test 1")
        .await
        .must("connect over the socket");
}

#[tokio::test]
async fn statement_is_cancelled_over_tls() {
    let authority = Authority::new();
    authority.issue("server", HOST, VALID);
    let server = TcpServer::with_tls(
        &authority,
        "server",
        &["hostssl all all 127.0.0.1/32 trust"],
    );
    let more = format!("sslmode=verify-full {}", root(&authority, "ca.crt"));
    let info =
        ConnInfo::resolve(Some(&server.conninfo(HOST, &more)), &Env::default()).must("resolve");
    let session = connect(&info, "enact/test 1").await.must("connect");
    let watcher = connect(&info, "enact/test 1").await.must("connect");
    let server_pid = Server::ask(&session.client).await.must("ask").pid;
    assert_eq!(session.key_pid, Some(server_pid));
    let cancel = async {
        let running = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
        while watcher
            .client
            .query_one(running, &[&server_pid])
            .await
            .must("look")
            .get::<_, i64>(0)
            == 0
        {}
        session.canceller.cancel().await.must("cancel");
    };
    let (outcome, ()) = tokio::join!(session.client.batch_execute("SELECT pg_sleep(600)"), cancel);
    assert_eq!(
        outcome
            .expect_err("cancelled")
            .code()
            .map(|code| code.code()),
        Some("57014")
    );
}
