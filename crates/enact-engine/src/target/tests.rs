//! Connection parameters against the rules of libpq's documentation.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::conninfo::{
    Address, ChannelBinding, ConnInfo, ConnInfoError, Env, PasswordSource, SessionAttrs, Warning,
};
use super::tls::{RootCert, SslMode};

const PASSWORD: &str = "hunter2";

fn env(vars: &[(&str, &str)]) -> Env {
    let vars = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Env::new(vars)
        .with_os_user("os")
        .with_socket_directory("/sockets")
        .with_home("/nowhere")
}

fn resolve(conninfo: &str, vars: &[(&str, &str)]) -> ConnInfo {
    ConnInfo::resolve(Some(conninfo), &env(vars)).expect(conninfo)
}

fn refuse(conninfo: &str) -> ConnInfoError {
    ConnInfo::resolve(Some(conninfo), &env(&[])).expect_err(conninfo)
}

fn tcp(host: &str) -> Address {
    Address::Tcp {
        host: host.to_owned(),
        ip: None,
    }
}

fn password(info: &ConnInfo) -> Option<&str> {
    info.endpoints[0]
        .password
        .as_ref()
        .map(|(secret, _)| secret.expose())
}

#[test]
fn defaults_are_those_of_libpq() {
    let info = ConnInfo::resolve(None, &env(&[])).expect("nothing is needed");
    assert_eq!((info.user.as_str(), info.database.as_str()), ("os", "os"));
    assert_eq!(info.endpoints[0].address, Address::Unix("/sockets".into()));
    assert_eq!(
        (info.endpoints[0].port, info.tls.mode),
        (5432, SslMode::Prefer)
    );
    assert_eq!(info.connect_timeout, Some(Duration::from_secs(10)));
    assert_eq!(
        (info.session_attrs, info.channel_binding),
        (SessionAttrs::Any, ChannelBinding::Prefer)
    );
    assert_eq!(
        resolve("user=a", &[]).database,
        "a",
        "the database's name follows the user's"
    );
}

#[test]
fn no_user_at_all_is_an_error() {
    let error = ConnInfo::resolve(Some("postgres://h/d"), &Env::default()).expect_err("no user");
    assert!(matches!(error, ConnInfoError::NoUser));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_variable_takes_effect_and_the_url_wins() {
    type Read = fn(&ConnInfo) -> String;
    let address: Read = |info| format!("{:?}", info.endpoints[0].address);
    let cases: &[(&str, &str, &str, &str, Read)] = &[
        ("PGHOST", "envhost", "host", "urlhost", address),
        ("PGHOSTADDR", "10.0.0.1", "hostaddr", "10.0.0.2", address),
        ("PGPORT", "1111", "port", "2222", |info| {
            info.endpoints[0].port.to_string()
        }),
        ("PGDATABASE", "envdb", "dbname", "urldb", |info| {
            info.database.clone()
        }),
        ("PGUSER", "envuser", "user", "urluser", |info| {
            info.user.clone()
        }),
        ("PGPASSWORD", "envpass", "password", "urlpass", |info| {
            password(info).unwrap_or("").to_owned()
        }),
        ("PGOPTIONS", "-cenv=1", "options", "-curl%3D1", |info| {
            info.options.clone().unwrap_or_default()
        }),
        (
            "PGAPPNAME",
            "envapp",
            "application_name",
            "urlapp",
            |info| info.application_name.clone().unwrap_or_default(),
        ),
        ("PGCONNECT_TIMEOUT", "3", "connect_timeout", "4", |info| {
            format!("{:?}", info.connect_timeout)
        }),
        ("PGSSLMODE", "require", "sslmode", "verify-ca", |info| {
            info.tls.mode.to_string()
        }),
        (
            "PGSSLROOTCERT",
            "/env.crt",
            "sslrootcert",
            "/url.crt",
            |info| format!("{:?}", info.tls.root),
        ),
        ("PGSSLCERT", "/env.pem", "sslcert", "/url.pem", |info| {
            format!("{:?}", info.tls.certificate)
        }),
        ("PGSSLKEY", "/env.key", "sslkey", "/url.key", |info| {
            format!("{:?}", info.tls.key)
        }),
        (
            "PGSSLMINPROTOCOLVERSION",
            "TLSv1.2",
            "ssl_min_protocol_version",
            "TLSv1.3",
            |info| format!("{:?}", info.tls.min_protocol),
        ),
        (
            "PGCHANNELBINDING",
            "disable",
            "channel_binding",
            "require",
            |info| format!("{:?}", info.channel_binding),
        ),
        (
            "PGTARGETSESSIONATTRS",
            "read-write",
            "target_session_attrs",
            "primary",
            |info| format!("{:?}", info.session_attrs),
        ),
        (
            "PGLOADBALANCEHOSTS",
            "random",
            "load_balance_hosts",
            "disable",
            |info| info.shuffle_hosts.to_string(),
        ),
    ];
    for (variable, value, parameter, given, read) in cases {
        let from_env = read(&resolve("", &[(variable, value)]));
        let from_url = read(&resolve(&format!("postgres:///?{parameter}={given}"), &[]));
        let both = read(&resolve(
            &format!("postgres:///?{parameter}={given}"),
            &[(variable, value)],
        ));
        assert_ne!(from_env, from_url, "{variable} has no effect");
        assert_eq!(both, from_url, "{variable} must not win");
        let empty = read(&resolve(
            &format!("postgres:///?{parameter}="),
            &[(variable, value)],
        ));
        assert_eq!(empty, from_env, "an empty {parameter} counts as not given");
    }
}

#[test]
fn service_stands_between_string_and_environment() {
    let directory = TempDir::new().expect("directory");
    let file = directory.path().join("services");
    fs::write(
        &file,
        "[orion]\nhost=servicehost\nport=7777\npassword=servicepass\n",
    )
    .expect("written");
    let path = file.to_str().expect("text");
    let vars = [
        ("PGSERVICEFILE", path),
        ("PGSERVICE", "orion"),
        ("PGPORT", "8888"),
        ("PGDATABASE", "envdb"),
    ];
    let info = resolve("postgres://urlhost", &vars);
    assert_eq!(info.endpoints[0].address, tcp("urlhost"));
    assert_eq!(
        (info.endpoints[0].port, info.database.as_str()),
        (7777, "envdb")
    );
    assert_eq!(
        info.endpoints[0].password.as_ref().map(|(_, from)| from),
        Some(&PasswordSource::Service)
    );
    let named = resolve("service=orion", &[("PGSERVICEFILE", path)]);
    assert_eq!(named.endpoints[0].address, tcp("servicehost"));
    let error = ConnInfo::resolve(Some("service=none"), &env(&[("PGSERVICEFILE", path)]))
        .expect_err("unknown");
    assert!(
        matches!(&error, ConnInfoError::NoService { service, .. } if service == "none"),
        "{error}"
    );
    let error = ConnInfo::resolve(Some("service=x"), &env(&[("PGSERVICEFILE", "/no/file")]))
        .expect_err("no file");
    assert!(
        matches!(error, ConnInfoError::ServiceFile { .. }),
        "{error}"
    );
}

#[test]
fn service_file_in_the_home_directory_and_in_the_systems() {
    let home = TempDir::new().expect("directory");
    let system = TempDir::new().expect("directory");
    fs::write(
        home.path().join(".pg_service.conf"),
        "[a]\nhost=from-home\n",
    )
    .expect("written");
    fs::write(
        system.path().join("pg_service.conf"),
        "[a]\nhost=no\n[b]\nhost=from-system\n",
    )
    .expect("written");
    let env =
        env(&[("PGSYSCONFDIR", system.path().to_str().expect("text"))]).with_home(home.path());
    for (service, host) in [("a", "from-home"), ("b", "from-system")] {
        let info = ConnInfo::resolve(Some(&format!("service={service}")), &env).expect("defined");
        assert_eq!(info.endpoints[0].address, tcp(host));
    }
}

#[test]
fn urls_are_read_as_libpq_reads_them() {
    for (url, place) in [
        ("postgres://u@h/d", "u@h:5432/d"),
        ("postgresql://u@h:99/d", "u@h:99/d"),
        ("postgresql://u@[::1]:99/d", "u@[::1]:99/d"),
        ("postgresql://u@[2001:db8::1]/d", "u@[2001:db8::1]:5432/d"),
        ("postgresql://u@h1:1,h2:2/d", "u@h1:1,h2:2/d"),
        ("postgresql://u@h1,h2/d?port=7", "u@h1:7,h2:7/d"),
        ("postgresql://h", "os@h:5432/os"),
        ("postgresql://", "os@/sockets/.s.PGSQL.5432/os"),
        (
            "postgresql:///d?host=/tmp/x&port=3",
            "os@/tmp/x/.s.PGSQL.3/d",
        ),
        ("postgresql://u@%2Ftmp%2Fx/d", "u@/tmp/x/.s.PGSQL.5432/d"),
        ("postgresql://u%40x:p%2F%3A@h/d%20e", "u@x@h:5432/d e"),
        (
            "postgresql://postgres@/d?host=/s",
            "postgres@/s/.s.PGSQL.5432/d",
        ),
        ("host=h user=u dbname=d", "u@h:5432/d"),
        ("hostaddr=10.0.0.1 user=u dbname=d", "u@10.0.0.1:5432/d"),
        ("host='' user=u dbname=d", "u@/sockets/.s.PGSQL.5432/d"),
        (
            "host=a,,b user=u dbname=d",
            "u@a:5432,/sockets/.s.PGSQL.5432,b:5432/d",
        ),
    ] {
        assert_eq!(
            resolve(url, &[]).redacted(),
            format!("postgresql://{place}?sslmode=prefer"),
            "{url}"
        );
    }
}

#[test]
fn jdbc_word_for_tls_is_understood() {
    assert_eq!(
        resolve("postgres://h/d?ssl=true", &[]).tls.mode,
        SslMode::Require
    );
}

#[test]
fn unknown_parameters_come_with_advice() {
    for (url, advice) in [
        ("postgres://h/d?sslmod=require", "did you mean `sslmode`"),
        ("postgres://h/d?pgbouncer=true", "Prisma"),
        ("postgres://h/d?schema=x", "search_path"),
        ("postgres://h/d?colour=red", "libpq-connect.html"),
        ("hots=h", "did you mean `host`"),
    ] {
        let error = refuse(url);
        assert!(
            matches!(error, ConnInfoError::UnknownParameter { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[test]
fn what_cannot_be_honoured_is_refused_and_the_harmless_ignored() {
    for (parameter, fine) in [
        ("gssencmode=require", false),
        ("gssencmode=disable", true),
        ("requirepeer=postgres", false),
        ("sslcrl=/x", false),
        ("sslpassword=hunter2", false),
        ("require_auth=scram-sha-256", false),
        ("replication=database", false),
        ("replication=false", true),
        ("client_encoding=UTF8", true),
        ("krbsrvname=postgres", true),
        ("sslsni=0", true),
    ] {
        let outcome = ConnInfo::resolve(Some(&format!("postgres://h/d?{parameter}")), &env(&[]));
        match outcome {
            Ok(_) => assert!(fine, "{parameter} must be refused"),
            Err(error) => assert!(
                !fine && matches!(error, ConnInfoError::Unsupported { .. }),
                "{parameter}: {error}"
            ),
        }
    }
    let error = ConnInfo::resolve(None, &env(&[("PGREQUIREPEER", "postgres")]))
        .expect_err("also from a variable");
    assert!(matches!(
        error,
        ConnInfoError::Unsupported {
            parameter: "requirepeer",
            ..
        }
    ));
}

#[test]
fn bad_values_name_the_parameter() {
    for (conninfo, name) in [
        ("postgres://h:0/d", "port"),
        ("postgres://h:99999/d", "port"),
        ("postgres://h/d?port=x", "port"),
        ("postgres://h/d?sslmode=on", "sslmode"),
        ("postgres://h/d?connect_timeout=soon", "connect_timeout"),
        (
            "postgres://h/d?target_session_attrs=writer",
            "target_session_attrs",
        ),
        ("postgres://h/d?channel_binding=yes", "channel_binding"),
        ("postgres://h/d?hostaddr=db.example", "hostaddr"),
        ("postgres://h/d?keepalives=a", "keepalives"),
        (
            "postgres://h/d?sslrootcert=system&sslmode=require",
            "sslmode",
        ),
        ("postgres://h/d?sslnegotiation=direct", "sslmode"),
    ] {
        let error = refuse(conninfo);
        assert!(
            matches!(&error, ConnInfoError::Value { parameter, .. } if *parameter == name),
            "{conninfo}: {error}"
        );
    }
    assert!(matches!(
        refuse("postgres://a,b/d?port=1,2,3"),
        ConnInfoError::Lengths { .. }
    ));
    assert!(matches!(
        refuse("postgres://a,b/d?hostaddr=10.0.0.1"),
        ConnInfoError::Lengths { .. }
    ));
}

#[test]
fn malformed_strings_are_refused_without_the_password() {
    for conninfo in [
        "mysql://u:hunter2@h/d",
        "postgres://u:hunter2%zz@h/d",
        "postgres://u:hunter2%@h/d",
        "postgres://u:hunter2%ff@h/d",
        "postgres://u:x@hunter2@h/d",
        "postgres://u:x/hunter2@h/d",
        "postgres://u:x?hunter2@h/d",
        "postgres://u:hunter2",
        "postgres://u:hunter2/d",
        "postgres://u:x:hunter2",
        "postgres://u:a@b/hunter2@h/d",
        "postgres://u:x@h/d?password=hunter2&nonsense=hunter2",
        "postgres://u:x@h/d?hunter2",
        "postgres://u:hunter2@[::1/d",
        "postgres://u:hunter2@h:port/d",
        "password=hunter2 nonsense",
        "password=my hunter2 host=h",
        "password=my hunter2=x",
        "password='hunter2",
        "hunter2",
        "sslpassword=hunter2",
    ] {
        let error = refuse(conninfo);
        let shown = format!(
            "{error} {error:?} {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(!shown.contains(PASSWORD), "{conninfo}: {shown}");
    }
}

#[test]
fn nothing_printable_holds_a_password() {
    let vars = [("PGPASSWORD", PASSWORD)];
    for conninfo in [
        "postgres://u@h/d",
        "postgres://u:hunter2@h/d",
        "host=h user=u password=hunter2",
        "",
    ] {
        let info = resolve(conninfo, &vars);
        assert_eq!(password(&info), Some(PASSWORD), "{conninfo}");
        let shown = format!(
            "{info} {info:?} {info:#?} {} {:?}",
            info.redacted(),
            env(&vars)
        );
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

#[test]
fn special_characters_survive_percent_encoding() {
    let info = resolve("postgres://u:p%40%2F%3F%23%3A%25%20w%C3%B6@h/d", &[]);
    assert_eq!(password(&info), Some("p@/?#:% wö"));
}

fn pass_file(directory: &Path, text: &str, mode: u32) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = directory.join(".pgpass");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode set");
    path
}

#[test]
fn password_file_serves_each_host_its_own() {
    let home = TempDir::new().expect("directory");
    let text = "a:*:*:*:for-a\nlocalhost:*:*:*:for-default-socket\n/other:*:*:*:for-other-socket\n10.0.0.9:*:*:*:for-ip\n";
    let path = pass_file(home.path(), text, 0o600);
    let env = env(&[]).with_home(home.path());
    for (conninfo, wanted) in [
        ("postgres://u@a/d", Some("for-a")),
        ("postgres://u@b/d", None),
        ("postgres://u@b,a/d", None),
        ("", Some("for-default-socket")),
        ("host=/other", Some("for-other-socket")),
        ("hostaddr=10.0.0.9", Some("for-ip")),
        ("postgres://u:own@a/d", Some("own")),
    ] {
        let info = ConnInfo::resolve(Some(conninfo), &env).expect(conninfo);
        assert_eq!(password(&info), wanted, "{conninfo}");
    }
    let both = ConnInfo::resolve(Some("postgres://u@b,a/d"), &env).expect("two hosts");
    let second = both.endpoints[1].password.clone().expect("a is listed");
    assert_eq!(
        (second.0.expose(), second.1),
        ("for-a", PasswordSource::File(path))
    );
}

#[test]
fn password_file_open_to_others_is_ignored_with_a_warning() {
    let home = TempDir::new().expect("directory");
    for mode in [0o640, 0o604, 0o660] {
        let path = pass_file(home.path(), "*:*:*:*:hunter2\n", mode);
        let info = ConnInfo::resolve(Some("postgres://u@a/d"), &env(&[]).with_home(home.path()))
            .expect("resolves");
        assert_eq!(password(&info), None, "{mode:o}");
        assert_eq!(info.warnings, [Warning::PassFileOpen(path)], "{mode:o}");
    }
}

#[test]
fn pgpassfile_names_another_file_and_a_missing_one_is_silent() {
    let directory = TempDir::new().expect("directory");
    let path = pass_file(directory.path(), "*:*:*:*:elsewhere\n", 0o600);
    let info = resolve(
        "postgres://u@a/d",
        &[("PGPASSFILE", path.to_str().expect("text"))],
    );
    assert_eq!(password(&info), Some("elsewhere"));
    let info = resolve("postgres://u@a/d", &[("PGPASSFILE", "/no/such/file")]);
    assert_eq!((password(&info), info.warnings.len()), (None, 0));
    let info = resolve(
        "postgres://u@a/d",
        &[("PGPASSFILE", directory.path().to_str().expect("text"))],
    );
    assert_eq!(
        info.warnings,
        [Warning::PassFileNotPlain(directory.path().to_owned())]
    );
}

#[test]
fn certificates_in_the_home_directory_are_found() {
    let home = TempDir::new().expect("directory");
    let directory = home.path().join(".postgresql");
    fs::create_dir(&directory).expect("made");
    for name in ["root.crt", "postgresql.crt", "postgresql.key"] {
        fs::write(directory.join(name), "").expect("written");
    }
    let info = ConnInfo::resolve(Some("postgres://h/d"), &env(&[]).with_home(home.path()))
        .expect("resolves");
    assert_eq!(
        info.tls.root,
        Some(RootCert::File(directory.join("root.crt")))
    );
    assert_eq!(info.tls.certificate, Some(directory.join("postgresql.crt")));
    assert_eq!(info.tls.key, Some(directory.join("postgresql.key")));
}

#[test]
fn system_roots_mean_full_verification() {
    assert_eq!(
        resolve("postgres://h/d?sslrootcert=system", &[]).tls.mode,
        SslMode::VerifyFull
    );
}

#[test]
fn timeouts_follow_libpq() {
    for (given, wanted) in [("0", None), ("-1", None), ("1", Some(1)), ("30", Some(30))] {
        let info = resolve(&format!("connect_timeout={given}"), &[]);
        assert_eq!(
            info.connect_timeout,
            wanted.map(Duration::from_secs),
            "{given}"
        );
    }
    let alive = resolve("", &[]).keepalive;
    assert!(
        alive.idle + alive.interval * alive.count <= Duration::from_secs(30),
        "a dead peer is noticed in 30 s"
    );
    assert!(
        alive
            .user_timeout
            .is_some_and(|limit| limit <= Duration::from_secs(30))
    );
    assert!(!resolve("keepalives=0", &[]).keepalive.enabled);
}

#[test]
fn pooled_ports_are_recognised_as_a_hint() {
    for (url, pooled) in [
        (
            "postgres://u@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            true,
        ),
        (
            "postgres://u@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
            false,
        ),
        ("postgres://u@db.abc.supabase.co:5432/postgres", false),
    ] {
        assert_eq!(resolve(url, &[]).looks_pooled(), pooled, "{url}");
    }
}
