//! Every case of `tests/bad_rollbacks` gets its verdict, and the object it is about is named.

use std::fs;
use std::path::{Path, PathBuf};

use enact_engine::proof::{Proof, ScriptFailure, Verdict};

use crate::kit::{Repo, explain, scratch};

#[tokio::test]
async fn each_forgotten_thing_is_found_and_named() {
    let scratch = scratch();
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 49, "{} cases", cases.len());
    for case in cases {
        let expected = Expected::read(&case);
        let repo = repo(&case);
        let report = repo.source().prove(&scratch).await.unwrap();
        let [base, change] = &report.migrations[..] else {
            panic!("{} has other than two migrations", case.display());
        };
        assert_eq!(base.verdict.name(), "irreversible");
        if let Some(what) = expected.differs(change) {
            let name = case.file_name().unwrap().to_string_lossy();
            wrong.push(format!("{name}: {what}; {}", explain(change)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_rollbacks");
    let mut cases = files(&dir);
    cases.retain(|path| path.is_dir());
    cases
}

/// The case laid out as a repository.
fn repo(case: &Path) -> Repo {
    let repo = Repo::new(&[]);
    for (from, to) in [
        ("", "migrations"),
        ("rollback", "migrations/rollback"),
        ("fixtures", "fixtures"),
    ] {
        for path in files(&case.join(from)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".sql") {
                let text = fs::read_to_string(&path).unwrap();
                repo.write(&format!("{to}/{name}"), &text);
            }
        }
    }
    repo
}

/// What is in a folder, if it exists, by name.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

struct Expected {
    verdict: String,
    object: Option<String>,
}

impl Expected {
    fn read(case: &Path) -> Self {
        let text = fs::read_to_string(case.join("expected.toml")).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let field = |key| {
            table
                .get(key)
                .and_then(toml::Value::as_str)
                .map(str::to_owned)
        };
        Self {
            verdict: field("verdict").unwrap(),
            object: field("object"),
        }
    }

    fn differs(&self, proof: &Proof) -> Option<String> {
        if proof.verdict.name() != self.verdict {
            return Some(format!("expected {}", self.verdict));
        }
        let object = self.object.as_deref()?;
        let named = match &proof.verdict {
            Verdict::RollbackFailed(failure) => is_about(failure, object),
            verdict => objects(verdict).iter().any(|shown| is_named(shown, object)),
        };
        (!named).then(|| format!("{object} is not named"))
    }
}

fn objects(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::NotRestored { differences } | Verdict::ReapplyDiffers { differences } => {
            differences
                .iter()
                .map(|one| one.object.to_string())
                .collect()
        }
        Verdict::ColumnOrder { tables, .. } => tables
            .iter()
            .map(|one| format!("table {}", one.table))
            .collect(),
        Verdict::Data { tables } => tables
            .iter()
            .map(|one| format!("table {}", one.table))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether `shown` is the object or something about it, such as its grants or owner. Enact writes `policy p on s.t` as
/// `policy s.t.p`, a domain's check as a constraint of the domain, and default privileges with their role.
fn is_named(shown: &str, object: &str) -> bool {
    if let Some(place) = object.strip_prefix("default privileges in ") {
        return shown.starts_with("default privileges ") && shown.ends_with(place);
    }
    if let Some(domain) = object.strip_prefix("domain ") {
        return shown.starts_with(&format!("constraint {domain}."));
    }
    let qualified = object.split_once(" on ").and_then(|(one, relation)| {
        let (kind, name) = one.split_once(' ')?;
        Some(format!("{kind} {relation}.{name}"))
    });
    let same = |wanted: &str| shown == wanted || shown.ends_with(&format!(" {wanted}"));
    same(object) || qualified.is_some_and(|wanted| same(&wanted))
}

/// Whether statement and message of a failure speak of the object: every part of its name but the schema.
fn is_about(failure: &ScriptFailure, object: &str) -> bool {
    let said = format!(
        "{} {}",
        &failure.text[failure.span.clone()],
        failure.server.message
    );
    let name = object.split_once(' ').unwrap().1;
    name.split('.').skip(1).all(|part| said.contains(part))
}
