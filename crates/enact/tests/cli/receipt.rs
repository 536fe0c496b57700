//! `enact receipt`: what it holds, and how one that was handed over is judged.

use serde_json::Value;

use crate::kit::Repo;
use crate::said;

#[test]
fn says_where_a_target_stands() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("receipt"), @r"
        exit: 19
        ----- stdout -----

        ----- stderr -----
        error[database-differs]: there is no ledger here, so there is nothing to give a receipt of
        next: enact apply
        ");
    repo.done("apply");
    repo.done("rollback --yes");
    repo.done("apply");
    let mut bare = repo.done("receipt");
    let mut receipt: Value = serde_json::from_str(&bare.stdout).unwrap();
    let objects = receipt["objects"].as_object_mut().unwrap();
    let set = objects.remove("set").unwrap();
    assert!(set.as_array().unwrap().len() > 8, "{set}");
    assert_eq!(
        receipt["server"]["system_identifier"],
        repo.value("SELECT system_identifier FROM pg_control_system()")
    );
    for (field, shown) in [
        ("system_identifier", "[SYSTEM]"),
        ("version", "[VERSION]"),
        ("version_number", "[NUMBER]"),
    ] {
        receipt["server"][field] = shown.into();
    }
    receipt["objects"]["server_major"] = "[MAJOR]".into();
    bare.stdout = serde_json::to_string_pretty(&receipt).unwrap() + "\n";
    said!(repo.env, bare, @r#"
        exit: 0
        ----- stdout -----
        {
          "database": "[DB]",
          "digest": "sha256:[SHA256]",
          "identity": "[UUID]",
          "ledger": {
            "entries": 11,
            "head": "sha256:[SHA256]",
            "last_at": "[TIME]",
            "root": "sha256:[SHA256]"
          },
          "objects": {
            "column_order": "sha256:[SHA256]",
            "drift": "none",
            "fingerprint": "sha256:[SHA256]",
            "format": 1,
            "recorded": "sha256:[SHA256]",
            "server_major": "[MAJOR]"
          },
          "project": "core",
          "rolled_back": [
            {
              "applied_again": true,
              "at": "[TIME]",
              "digest": "sha256-lf:[SHA256]",
              "name": "add_city",
              "number": 2,
              "person": "Ada Example <ada@example.org>",
              "run": "[UUID]",
              "stream": "core"
            }
          ],
          "runs": [
            {
              "command": "apply",
              "finished_at": "[TIME]",
              "id": "[UUID]",
              "outcome": "done",
              "person": "Ada Example <ada@example.org>",
              "started_at": "[TIME]",
              "steps": [
                {
                  "direction": "up",
                  "number": 1,
                  "stream": "core"
                },
                {
                  "direction": "up",
                  "number": 2,
                  "stream": "core"
                }
              ]
            },
            {
              "command": "rollback",
              "fingerprint": "sha256:[SHA256]",
              "finished_at": "[TIME]",
              "id": "[UUID]",
              "outcome": "done",
              "person": "Ada Example <ada@example.org>",
              "started_at": "[TIME]",
              "steps": [
                {
                  "direction": "down",
                  "number": 2,
                  "stream": "core"
                }
              ]
            },
            {
              "command": "apply",
              "fingerprint": "sha256:[SHA256]",
              "finished_at": "[TIME]",
              "id": "[UUID]",
              "outcome": "done",
              "person": "Ada Example <ada@example.org>",
              "started_at": "[TIME]",
              "steps": [
                {
                  "direction": "up",
                  "number": 2,
                  "stream": "core"
                }
              ]
            }
          ],
          "schema": "enact.receipt/1",
          "server": {
            "system_identifier": "[SYSTEM]",
            "version": "[VERSION]",
            "version_number": "[NUMBER]"
          },
          "streams": [
            {
              "migrations": [
                {
                  "applied_at": "[TIME]",
                  "baseline": false,
                  "digest": "sha256-lf:[SHA256]",
                  "meaning": "sha256-tokens:[SHA256]",
                  "name": "create_sites",
                  "number": 1,
                  "person": "Ada Example <ada@example.org>",
                  "rollback": "sha256-lf:[SHA256]",
                  "run": "[UUID]"
                },
                {
                  "applied_at": "[TIME]",
                  "baseline": false,
                  "digest": "sha256-lf:[SHA256]",
                  "meaning": "sha256-tokens:[SHA256]",
                  "name": "add_city",
                  "number": 2,
                  "person": "Ada Example <ada@example.org>",
                  "rollback": "sha256-lf:[SHA256]",
                  "run": "[UUID]"
                }
              ],
              "name": "core",
              "position": 2
            }
          ],
          "taken_at": "[TIME]",
          "tool_version": "0.1.0"
        }

        ----- stderr -----
        "#);
    let count = set.as_array().unwrap().len();
    let mut repo = repo;
    repo.env.hide(format!("{count} objects"), "[N] objects");
    repo.env
        .hide(format!("\"objects\": {count}"), "\"objects\": [N]");
    said!(repo.env, repo.enact("receipt --out r.json"), @r"
        exit: 0
        ----- stdout -----
        r.json: core at 002, [N] objects, 11 entries
          digest sha256:[SHA256]

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("receipt --out r.json --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.receipt-file/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "receipt": "r.json",
          "digest": "sha256:[SHA256]",
          "identity": "[UUID]",
          "entries": 11,
          "root": "sha256:[SHA256]",
          "objects": [N]
        }

        ----- stderr -----
        "#);
    assert_eq!(repo.enact("receipt --out no/such/folder").code, Some(1));
}

#[test]
fn notices_drift_and_changes_nothing() {
    let repo = Repo::with_two();
    repo.done("apply");
    let before = repo.value("SELECT count(*) FROM enact.ledger");
    let receipt =
        |repo: &Repo| -> Value { serde_json::from_str(&repo.done("receipt").stdout).unwrap() };
    let first = receipt(&repo);
    assert_eq!(first["objects"]["drift"], "none");
    repo.sql("CREATE INDEX stray ON sites (name)");
    let second = receipt(&repo);
    assert_eq!(second["objects"]["drift"], "drifted");
    assert_ne!(
        first["objects"]["fingerprint"],
        second["objects"]["fingerprint"]
    );
    let set = second["objects"]["set"].as_array().unwrap();
    let index = set
        .iter()
        .find(|object| object["name"] == "public.stray")
        .unwrap();
    assert_eq!(index["on"], "public.sites");
    assert_eq!(repo.value("SELECT count(*) FROM enact.ledger"), before);
}

/// A row of participants' data leaves no trace.
#[test]
fn holds_no_data() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.sql("INSERT INTO sites VALUES (424242, 'Jane Roe', 'Smallville')");
    let text = repo.done("receipt").stdout;
    for data in ["424242", "Jane Roe", "Smallville"] {
        assert!(!text.contains(data), "{data}");
    }
}

#[test]
fn one_that_was_changed_is_not_relied_on() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.done("receipt --out a.json");
    let text = std::fs::read_to_string(repo.env.dir().join("a.json")).unwrap();
    repo.env.write(
        "changed.json",
        text.replace("\"position\": 2", "\"position\": 3"),
    );
    repo.env.write(
        "newer.json",
        text.replace("enact.receipt/1", "enact.receipt/9"),
    );
    repo.env.write("cut.json", text.get(..200).unwrap());
    repo.env
        .write("other.json", "{\"schema\": \"enact.status/1\"}");
    said!(repo.env, repo.enact("compare --receipts a.json changed.json"), @r"
        exit: 18
        ----- stdout -----

        ----- stderr -----
        error[evidence-altered]: receipt [DIR]/changed.json cannot be relied on: it was changed after it was made: its digest is sha256:[SHA256], and it says sha256:[SHA256]
        next: have it written again, with `enact receipt -e NAME --out FILE`, and handed over as it is
        ");
    said!(repo.env, repo.enact("compare --receipts a.json newer.json"), @r"
        exit: 21
        ----- stdout -----

        ----- stderr -----
        error[unsupported-format]: receipt [DIR]/newer.json cannot be relied on: it is a receipt of version `enact.receipt/9`, and this program knows `enact.receipt/1`
        next: use the version of enact that wrote it, or a newer one
        ");
    said!(repo.env, repo.enact("compare --receipts a.json cut.json"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: receipt [DIR]/cut.json cannot be relied on: it is no receipt: EOF while parsing an object at line 7 column 1
        next: have it written again, with `enact receipt -e NAME --out FILE`, and handed over as it is
        ");
    said!(repo.env, repo.enact("compare --receipts a.json other.json"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: receipt [DIR]/other.json cannot be relied on: it is no receipt: its schema is `enact.status/1`, not `enact.receipt/1`
        next: have it written again, with `enact receipt -e NAME --out FILE`, and handed over as it is
        ");
    said!(repo.env, repo.enact("compare --receipts a.json none.json"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: cannot read receipt [DIR]/none.json: No such file or directory (os error 2)
        next: name a file that `enact receipt -e NAME --out FILE` wrote, or that was handed over
        ");
    repo.env.write("crlf.json", text.replace('\n', "\r\n"));
    assert_eq!(
        repo.enact("compare --receipts a.json crlf.json").code,
        Some(0)
    );
}

#[test]
fn one_with_other_keys_was_altered() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.done("receipt --out a.json");
    let text = std::fs::read_to_string(repo.env.dir().join("a.json")).unwrap();
    let mut lacking: Value = serde_json::from_str(&text).unwrap();
    lacking.as_object_mut().unwrap().remove("tool_version");
    let altered = [
        ("unknown", text.replacen('{', "{\"note\": \"by hand\",", 1)),
        ("lacking", lacking.to_string()),
        ("joined", format!("{text}{text}")),
    ];
    for (name, text) in altered {
        repo.env.write(format!("{name}.json"), text);
        let refused = repo.enact(&format!("compare --receipts a.json {name}.json"));
        assert_eq!(refused.code, Some(18), "{name}\n{refused}");
        let known = repo.enact(&format!("verify --known {name}.json"));
        assert_eq!(known.code, Some(18), "{name}\n{known}");
    }
    said!(repo.env, repo.enact("compare --receipts a.json unknown.json"), @r"
        exit: 18
        ----- stdout -----

        ----- stderr -----
        error[evidence-altered]: receipt [DIR]/unknown.json cannot be relied on: it is not what `enact receipt` writes: unknown field `note`, expected one of `database`, `digest`, `environment`, `identity`, `ledger`, `objects`, `project`, `rolled_back`, `runs`, `schema`, `server`, `streams`, `taken_at`, `tool_version` at line 1 column 7
        next: have it written again, with `enact receipt -e NAME --out FILE`, and handed over as it is
        ");
    for (name, text) in [("empty", "{}"), ("none", "[]"), ("text", "receipt")] {
        repo.env.write(format!("{name}.json"), text);
        let refused = repo.enact(&format!("compare --receipts a.json {name}.json"));
        assert_eq!(refused.code, Some(2), "{name}\n{refused}");
    }
}

#[test]
fn its_checkpoint_is_a_known_head() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.done("receipt --out a.json");
    repo.done("rollback --yes");
    said!(repo.env, repo.enact("verify --known a.json"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        ledger: 8 entries, [TIME] to [TIME], consistent
          head sha256:[SHA256]
          root sha256:[SHA256]
          agrees with every known checkpoint
        guards: as installed
        schema: as recorded

        ----- stderr -----
        ");
    repo.done("export --out bundle");
    assert_eq!(
        repo.enact("verify --bundle bundle --known a.json").code,
        Some(0)
    );
}
