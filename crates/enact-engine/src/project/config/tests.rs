use super::*;

const SPONSOR: &str = r#"
[project]
kind = "sponsor"
name = "orion"
migrations = "database/migrations"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("enact.toml"))
}

/// What is wrong with the sponsor's file when these lines are appended to it.
fn problems(more: &str) -> Vec<String> {
    match parse(&format!("{SPONSOR}{more}")) {
        Err(ConfigError::Invalid { problems }) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn problem(more: &str) -> String {
    let problems = problems(more);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems[0].clone()
}

#[test]
fn the_documented_file_is_read() {
    let config = parse(&format!(
        r#"{SPONSOR}
[core]
package = "@clinical-diary/database"
version = "^1.3.0"
source = {{ npm = "node_modules/@clinical-diary/database" }}

[environments.staging]
url = {{ env = "ORION_STAGING_URL" }}

[environments.production]
url = {{ command = ["op", "read", "orion"] }}
protected = true
role = "postgres"
lock_timeout = "100ms"
statement_timeout = "5s"
retry_budget = "2min"

[snapshot]
comments = false
exclude_schemas = ["cron"]
"#
    ))
    .unwrap();
    assert_eq!(config.project.name.as_str(), "orion");
    assert_eq!(config.project.fixtures, Path::new("fixtures"));
    assert_eq!(config.project.max_file_size, 64 << 20);
    let core = config.core.as_ref().unwrap();
    assert_eq!(core.version, CoreVersion::Range("^1.3.0".into()));
    assert_eq!(
        core.source,
        Some(CoreSource::Npm(
            "node_modules/@clinical-diary/database".into()
        ))
    );
    let staging = config.environment("staging").unwrap();
    assert_eq!(staging.url, SecretRef::Env("ORION_STAGING_URL".into()));
    assert!(!staging.protected && staging.lock_timeout.is_none());
    let production = config.environment("production").unwrap();
    assert_eq!(production.lock_timeout, Some(Duration::from_millis(100)));
    assert_eq!(production.retry_budget, Some(Duration::from_secs(120)));
    assert!(!config.snapshot.comments && config.snapshot.grants);
    assert_eq!(config.snapshot.exclude_schemas, ["cron"]);
}

#[test]
fn unknown_keys_are_errors_with_a_suggestion_and_a_place() {
    assert_eq!(
        problem("fixture = \"x\""),
        "enact.toml:6:1: unknown key `fixture` (did you mean `fixtures`?)"
    );
    assert_eq!(
        problem("[environments.staging]\nurl = { env = \"X\" }\nprotcted = true"),
        "enact.toml:8:1: unknown key `protcted` (did you mean `protected`?)"
    );
    assert_eq!(
        problem("[watch]\nx = 1"),
        "enact.toml:6:2: unknown key `watch` (known keys here are project, core, environments, snapshot, lint, regulated, release, leave)"
    );
    assert_eq!(
        problem("[environments.staging]\nurl = { evn = \"X\" }"),
        "enact.toml:7:7: unknown key `evn` (did you mean `env`?)"
    );
    assert_eq!(
        problem("[core]\npackage = \"p\"\nverson = \"1\""),
        "enact.toml:8:1: unknown key `verson` (did you mean `version`?)"
    );
}

#[test]
fn releases_and_leave_are_checked() {
    for (text, expected) in [
        (
            "[release]\npackage = \"Bad Name\"",
            "`Bad Name` is no name of a package",
        ),
        (
            "[release]\npackage = \"@a\"",
            "`@a` is no name of a package",
        ),
        (
            "[release]\npackage = \"a\"\nfolder = \"../out\"",
            "`../out` is not a path inside the repository",
        ),
        (
            "[release]\npackage = \"a\"\nwithdrawn = { \"1.3\" = \"loses visits\" }",
            "`1.3` is no version",
        ),
        (
            "[release]\npackage = \"a\"\nwithdrawn = { \"1.3.0\" = \" \" }",
            "1.3.0 is withdrawn without a reason",
        ),
        (
            "[leave]\nindex = [\"sites\"]",
            "`sites` names nothing that leave to index is given for",
        ),
        (
            "[leave]\ncreate = [\"diary.sites\"]",
            "`diary.sites` names nothing that leave to create is given for",
        ),
        ("[leave]\ndrop = [\"diary.sites\"]", "unknown key `drop`"),
        (
            "[environments.a]\nurl = { env = \"X\" }\nafter = \"b\"",
            "`a` cannot come after `b`",
        ),
    ] {
        let core = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"m\"\n";
        let found = parse(&format!("{core}{text}")).unwrap_err().to_string();
        assert!(found.contains(expected), "{text}: {found}");
    }
    for text in [
        "[release]\npackage = \"a\"",
        "[leave]\ncreate = [\"diary\"]",
    ] {
        let found = problem(text);
        assert!(found.contains("in a sponsor's repository"), "{found}");
    }
}

#[test]
fn missing_keys_are_named() {
    assert_eq!(
        problem("[environments.staging]\nprotected = true"),
        "enact.toml:6:1: key `url` is missing (add `url = …`)"
    );
    let error = parse("[project]\nkind = \"core\"\nmigrations = \"m\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "enact.toml:1:1: key `name` is missing (add `name = …`)"
    );
    let error = parse("").unwrap_err();
    assert_eq!(
        error.to_string(),
        "enact.toml:1:1: key `project` is missing (add `project = …`)"
    );
}

#[test]
fn a_password_in_the_file_is_an_error_that_does_not_repeat_it() {
    let mend = "write url = { env = \"PRODUCTION_EU_URL\" }, and change the password if this file was shared";
    for url in [
        "postgres://u:hunter2@h/d",
        "postgres://h/d?password=hunter2",
        "host=h password=hunter2",
    ] {
        let found = problem(&format!("[environments.production-eu]\nurl = \"{url}\""));
        assert_eq!(
            found,
            format!("enact.toml:7:7: the url of production-eu holds a password ({mend})")
        );
    }
    for wrong_place in [
        "url = \"postgres://u:hunter2@h/d\"",
        "[environments.a]\nurl = { env = \"postgres://u:hunter2@h/d\" }",
        "[environments.a]\nurl = { env = \"A\" }\nprotected = \"postgres://u:hunter2@h/d\"",
        "[environments.a]\nurl = { env = \"A\" }\nlock_timeout = \"hunter2\nx\"",
        "[environments.a]\nurl = \"postgres://u:hunter2@h/d",
        "[environments.a]\nurl = postgres://u:hunter2@h/d",
        "[environments]\na = \"postgres://u:hunter2@h/d\"",
        "[snapshot]\nexclude_schemas = \"postgres://u:hunter2@h/d\"",
    ] {
        let found = problem(wrong_place);
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_url_without_a_password_is_allowed() {
    for url in [
        "postgres://u@h:5432/d?sslmode=verify-full",
        "postgresql:///d",
        "host=h user=u dbname=d",
    ] {
        let config = parse(&format!("{SPONSOR}[environments.a]\nurl = \"{url}\"")).unwrap();
        assert_eq!(
            config.environment("a").unwrap().url,
            SecretRef::Plain(url.into())
        );
    }
    for url in ["", "mysql://h/d", "ORION_URL"] {
        let found = problem(&format!("[environments.a]\nurl = \"{url}\""));
        assert!(
            found.contains(
                "the url of a is no PostgreSQL connection string (write url = { env = \"A_URL\" }"
            ),
            "{found}"
        );
    }
}

#[test]
fn a_reference_names_exactly_one_place() {
    for reference in [
        "{ }",
        "{ env = \"A\", file = \"b\" }",
        "{ env = \"\" }",
        "{ env = \"A B\" }",
        "{ file = \"\" }",
        "{ command = [] }",
        "{ command = \" \" }",
        "{ env = [\"A\"] }",
        "{ vault = \"A\" }",
        "3",
        "[\"A\"]",
        "{ env = 3 }",
    ] {
        let found = problem(&format!("[environments.a]\nurl = {reference}"));
        assert!(found.starts_with("enact.toml:7:"), "{reference}: {found}");
    }
    let config = parse(&format!(
        "{SPONSOR}[environments.a]\nurl = {{ command = \"pass show orion\" }}"
    ))
    .unwrap();
    let words = ["sh", "-c", "pass show orion"].map(str::to_owned).to_vec();
    assert_eq!(
        config.environment("a").unwrap().url,
        SecretRef::Command(words)
    );
}

#[test]
fn every_wrong_value_is_reported_at_once_and_in_order() {
    let text = r#"
[project]
kind = "sponser"
name = "Orion"
migrations = "../elsewhere"
max_file_size = "64MB"
[core]
package = "p"
[environments."a b"]
url = "postgres://u:pw@h/d"
lock_timeout = "5"
statement_timeout = "0s"
role = ""
"#;
    let Err(ConfigError::Invalid { problems }) = parse(text) else {
        panic!()
    };
    let places: Vec<(usize, &str)> = problems.iter().map(|p| (p.line.unwrap(), p.id)).collect();
    assert_eq!(
        places,
        [
            (3, "config-kind"),
            (4, "config-name"),
            (5, "config-path"),
            (6, "config-unit"),
            (7, "config-core"),
            (9, "config-environment"),
            (10, "config-secret"),
            (11, "config-unit"),
            (12, "config-unit"),
            (13, "config-name"),
        ]
    );
    assert_eq!(problems[0].mend, "did you mean \"sponsor\"?");
    assert_eq!(
        problems[7].to_string(),
        "enact.toml:11:16: `5` is no duration (write a whole number with a unit, such as \"100ms\", \"5s\", \"2min\" or \"1h\")"
    );
}

#[test]
fn the_name_core_is_the_core_repositorys() {
    let text = |kind: &str, name: &str| {
        format!("[project]\nkind = \"{kind}\"\nname = \"{name}\"\nmigrations = \"m\"")
    };
    assert!(parse(&text("core", "core")).is_ok());
    let error = parse(&text("sponsor", "core")).unwrap_err().to_string();
    assert_eq!(
        error,
        "enact.toml:3:8: `core` is the name of the core stream (name the stream after the sponsor)"
    );
    let error = parse(&text("core", "orion")).unwrap_err().to_string();
    assert_eq!(
        error,
        "enact.toml:3:8: the core stream cannot be called `orion` (write name = \"core\")"
    );
    let core_in_core = format!(
        "{}\n[core]\npackage = \"p\"\nversion = \"1\"",
        text("core", "core")
    );
    assert!(
        parse(&core_in_core)
            .unwrap_err()
            .to_string()
            .contains("[core] in the core repository")
    );
}

#[test]
fn paths_stay_inside_the_repository() {
    for path in ["", "/abs", "..", "a/../../b"] {
        let found = problem(&format!("fixtures = \"{path}\""));
        assert!(
            found.contains("is not a path inside the repository"),
            "{found}"
        );
    }
    assert_eq!(
        parse(&format!("{SPONSOR}fixtures = \"./a/b\""))
            .unwrap()
            .project
            .fixtures,
        Path::new("./a/b")
    );
}

#[test]
fn core_has_one_version_and_one_source() {
    for table in [
        "package = \"p\"",
        "package = \"p\"\nversion = \"1\"\nversion_from = \"pubspec.yaml\"",
        "package = \"p\"\nversion = \"1\"\nsource = { }",
        "package = \"p\"\nversion = \"1\"\nsource = { npm = \"a\", path = \"b\" }",
        "package = \"p\"\nversion = \"1\"\nsource = { path = \"b\", tag = \"v1\" }",
    ] {
        assert!(
            problem(&format!("[core]\n{table}")).contains("exactly one"),
            "{table}"
        );
    }
    let config = parse(&format!(
        "{SPONSOR}[core]\npackage = \"p\"\nversion_from = \"pubspec.yaml\"\nsource = {{ git = \"u\", tag = \"v1\" }}"
    ));
    let core = config.unwrap().core.unwrap();
    assert_eq!(
        core.source,
        Some(CoreSource::Git {
            url: "u".into(),
            tag: Some("v1".into())
        })
    );
}

#[test]
fn an_unknown_environment_gets_a_suggestion() {
    let config = parse(&format!(
        "{SPONSOR}[environments.staging]\nurl = {{ env = \"A\" }}"
    ))
    .unwrap();
    let error = |name| config.environment(name).unwrap_err().to_string();
    assert_eq!(
        error("stagin"),
        "no environment `stagin`: did you mean `staging`?"
    );
    assert_eq!(error("prod"), "no environment `prod`: there are staging");
    let bare = parse(SPONSOR).unwrap();
    assert_eq!(
        bare.environment("a").unwrap_err().to_string(),
        "no environment `a`: add [environments.a] to enact.toml"
    );
}

#[test]
fn the_file_is_found_in_a_folder_above() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    assert!(matches!(
        Config::find(&deep),
        Err(ConfigError::NotFound { .. })
    ));
    std::fs::write(dir.path().join("enact.toml"), SPONSOR).unwrap();
    let found = Config::find(&deep).unwrap();
    assert_eq!(found, dir.path().join("enact.toml"));
    assert!(Config::load(&found).is_ok());
    let missing = Config::load(&deep.join("enact.toml"));
    assert!(matches!(missing, Err(ConfigError::Unreadable { .. })));
}

#[test]
fn lint_is_configured_with_its_defaults() {
    use enact_lint::Severity;

    let bare = parse(SPONSOR).unwrap().lint;
    assert_eq!((bare.fail, bare.server), (Some(Severity::Error), None));
    let text = format!(
        "{SPONSOR}\n[lint]\nfail = \"never\"\nserver = 15\n[lint.rules]\ntruncate = \"off\"\nint-primary-key = \"error\"\n"
    );
    let lint = parse(&text).unwrap().lint;
    assert_eq!((lint.fail, lint.server), (None, Some(15)));
    assert_eq!(lint.rules.get("truncate"), Some(&None));
    assert_eq!(
        lint.rules.get("int-primary-key"),
        Some(&Some(Severity::Error))
    );
}

#[test]
fn regulated_objects_are_named_as_the_catalog_has_them() {
    use enact_lint::Name;

    assert_eq!(parse(SPONSOR).unwrap().regulated, Regulated::default());
    let text = format!(
        "{SPONSOR}\n[regulated]\nappend_only = [\"app.record_audit\"]\naccess = [\"participant\"]\nsignatures = [\"app.consent.signed_by\", \"lock.hash\"]\n"
    );
    let regulated = parse(&text).unwrap().regulated;
    let app = |name: &str| Name {
        schema: Some("app".to_owned()),
        name: name.to_owned(),
    };
    assert_eq!(regulated.append_only, [app("record_audit")]);
    assert_eq!(regulated.access, [Name::plain("participant")]);
    let signatures = [
        (app("consent"), "signed_by".to_owned()),
        (Name::plain("lock"), "hash".to_owned()),
    ];
    assert_eq!(regulated.signatures, signatures);
}

#[test]
fn what_no_regulated_object_can_be_called_is_named() {
    assert_eq!(
        problem("[regulated]\nappendonly = []"),
        "enact.toml:7:1: unknown key `appendonly` (did you mean `append_only`?)"
    );
    assert_eq!(
        problem("[regulated]\nsignatures = [\"consent\"]"),
        "enact.toml:7:15: `consent` names no column (write the table and the column, such as \"consent.signed_by\")"
    );
    assert_eq!(
        problem("[regulated]\naccess = [\"a.b.c\"]"),
        "enact.toml:7:11: `a.b.c` is no name of a table or column (write it as the catalog has it, without quotes, such as \"app.record_audit\")"
    );
}
