//! The JSON documents. They are a contract: separate from the engine's types, documented, versioned.

mod backfill;
mod compare;
mod conflicts;
mod explain;
mod ledger;
mod release;
mod run;
mod status;
mod target;

use serde::Serialize;

pub use backfill::*;
pub use compare::*;
pub use conflicts::*;
pub use explain::*;
pub use ledger::*;
pub use release::*;
pub use run::*;
pub use status::*;
pub use target::*;

/// `enact.error/1`: a command that did not reach its goal.
#[derive(Debug, Serialize)]
pub struct Error<'a> {
    /// `enact.error/1`
    pub schema: &'static str,
    /// Exit code of the process.
    pub exit: u8,
    /// Name of the kind of failure.
    pub code: &'static str,
    /// What happened.
    pub message: &'a str,
    /// Where in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location<'a>>,
    /// SQLSTATE, where the server gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<&'a str>,
    /// What is unchanged and what had already taken effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'a str>,
    /// What to do next.
    pub next: &'a [String],
    /// Further facts as `label: text`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Labelled<'a>>,
    /// Lists that belong to some kinds of failure.
    #[serde(flatten)]
    pub details: &'a Details,
}

/// A line of `label: text`.
#[derive(Debug, Serialize)]
pub struct Labelled<'a> {
    /// What the text is.
    pub label: &'a str,
    /// The text.
    pub text: &'a str,
}

/// A place in a file.
#[derive(Debug, Serialize)]
pub struct Location<'a> {
    /// Path relative to the repository.
    pub file: &'a str,
    /// One-based line.
    pub line: u32,
    /// One-based column in characters.
    pub column: u32,
}

/// Lists that belong to some kinds of failure.
#[derive(Debug, Default, Serialize)]
pub struct Details {
    /// `files-invalid`: everything that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<Problem>>,
    /// `history-disagrees`: in what ledger and files differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreements: Option<Vec<Disagreement>>,
    /// `drift`: the objects that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// `locked`: who holds the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// `migration-failed` and the like: steps of this run that are done and recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<Vec<String>>,
}

/// One thing wrong with a file.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Path relative to the repository.
    pub file: String,
    /// One-based line; absent for the file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// One-based column in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Stable name of the kind of problem.
    pub id: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

/// One thing in which ledger and files differ.
#[derive(Debug, Serialize)]
pub struct Disagreement {
    /// `changed`, `reused`, `missing`, `not-released`, `inserted` or `changed-halfway`.
    pub kind: &'static str,
    /// Number of the migration.
    pub number: u32,
    /// Name of the file, or the name as applied where there is no file.
    pub file: String,
    /// `changed`: only comments or white space differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosmetic: Option<bool>,
    /// `changed`: the number under which this content was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_as: Option<u32>,
    /// `changed`: the number of the file that holds what was applied here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<u32>,
    /// In words.
    pub message: String,
}

/// A schema that is not the recorded one.
#[derive(Debug, Serialize)]
pub struct Drift {
    /// The recorded fingerprint.
    pub expected: String,
    /// The live one.
    pub actual: String,
    /// The objects that differ; absent when the recorded snapshot was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<DriftedObject>>,
    /// The recorder of DDL, where one was asked: `at-work` or `absent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorder: Option<&'static str>,
}

/// A core that is not as its release made it.
#[derive(Debug, Serialize)]
pub struct OtherCore {
    /// Version of the release.
    pub release: String,
    /// The core migration at which the database stands.
    pub number: u32,
    /// Fingerprint by the release.
    pub expected: String,
    /// Fingerprint of the core that is there.
    pub actual: String,
    /// The objects that differ.
    pub objects: Vec<OtherObject>,
}

/// An object of the core that is not as released.
#[derive(Debug, Serialize)]
pub struct OtherObject {
    /// Kind and name.
    pub object: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
}

/// An object that is not as recorded.
#[derive(Debug, Serialize)]
pub struct DriftedObject {
    /// Kind and name.
    pub object: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// Its text as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its text now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Who changed it outside Enact's runs, newest first, where that was recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<DdlAuthor>,
}

/// Who changed an object, as the recorder of DDL noted it.
#[derive(Debug, Serialize)]
pub struct DdlAuthor {
    /// When, by the server's clock.
    pub at: String,
    /// The command's tag, such as `ALTER TABLE`.
    pub command: String,
    /// Database role that logged in.
    pub login: String,
    /// Database role that was set, else the same.
    pub role: String,
    /// What the session called itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Address of its client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// Who holds the lock.
#[derive(Debug, Serialize)]
pub struct Holder {
    /// Server process.
    pub pid: i32,
    /// Database user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When its connection was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<String>,
    /// What it asked last, if it is no run of Enact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The person, as the run wrote it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The host it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
}

/// `enact.init/1`
#[derive(Debug, Serialize)]
pub struct Init {
    /// `enact.init/1`
    pub schema: &'static str,
    /// Files written.
    pub written: Vec<String>,
    /// Files that were there.
    pub kept: Vec<String>,
    /// Lines that a kept file lacks.
    pub advice: Vec<Advice>,
}

/// A line that a kept file lacks.
#[derive(Debug, Serialize)]
pub struct Advice {
    /// The file.
    pub file: String,
    /// The line.
    pub line: &'static str,
}

/// `enact.new/1`
#[derive(Debug, Serialize)]
pub struct New {
    /// `enact.new/1`
    pub schema: &'static str,
    /// Number of the first migration.
    pub number: u32,
    /// Its file.
    pub migration: String,
    /// Its rollback's file.
    pub rollback: String,
    /// The pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// All that was written, in order.
    pub pairs: Vec<NewPair>,
}

/// A migration that was written.
#[derive(Debug, Serialize)]
pub struct NewPair {
    /// Number.
    pub number: u32,
    /// Its file.
    pub migration: String,
    /// Its rollback's file.
    pub rollback: String,
}

/// `enact.validate/1`
#[derive(Debug, Serialize)]
pub struct Validate {
    /// `enact.validate/1`
    pub schema: &'static str,
    /// Nothing is wrong.
    pub valid: bool,
    /// Stream.
    pub stream: String,
    /// Number of migrations.
    pub migrations: usize,
    /// Number of rollback scripts.
    pub rollbacks: usize,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// `enact.lint/1`
#[derive(Debug, Serialize)]
pub struct Lint {
    /// `enact.lint/1`
    pub schema: &'static str,
    /// No finding reaches the failing level.
    pub passed: bool,
    /// Stream.
    pub stream: String,
    /// The target whose schema counted, without its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Its environment, when chosen by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Major version that was judged for: the target's, or the configured one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<u16>,
    /// The failing level: `error`, `warning`, `notice` or `never`.
    pub fail: &'static str,
    /// Number of files judged.
    pub files: usize,
    /// Everything that was found.
    pub findings: Vec<LintFinding>,
}

/// One finding of lint.
#[derive(Debug, Serialize)]
pub struct LintFinding {
    /// Name of the rule.
    pub rule: &'static str,
    /// `error`, `warning` or `notice`.
    pub severity: &'static str,
    /// What proves it: `parse tree`, `target catalog` or `sandbox`.
    pub layer: &'static str,
    /// What a sandbox says to that: `seen` or `not seen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<&'static str>,
    /// Path relative to the repository.
    pub file: String,
    /// One-based line.
    pub line: usize,
    /// One-based column in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// Rows of the table, as the target's statistics have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Size of the table without indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What happens on a running system.
    pub effect: String,
    /// The safe way, as SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe: Option<String>,
    /// The rule's page.
    pub page: String,
    /// The same for the same finding, also when lines before it change.
    pub fingerprint: String,
}

/// `enact.test/1`
#[derive(Debug, Serialize)]
pub struct Test {
    /// `enact.test/1`
    pub schema: &'static str,
    /// Stream that was proven.
    pub stream: String,
    /// PostgreSQL version, to which the proofs are bound.
    pub server_version: String,
    /// Version of this program, to which the proofs are bound.
    pub tool_version: String,
    /// Every verdict is good and every SQL test passed.
    pub passed: bool,
    /// A proof for each migration.
    pub migrations: Vec<Proof>,
    /// SQL tests in order.
    pub tests: Vec<SqlTest>,
}

/// The proof of one migration.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// `proven`, `irreversible`, `not-restored`, …
    pub verdict: &'static str,
    /// The verdict lets a release pass.
    pub good: bool,
    /// The migration changes neither schema nor data.
    pub no_effect: bool,
    /// Digest of the migration file.
    pub digest: String,
    /// Digest of the rollback file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_digest: Option<String>,
    /// Fingerprint before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_before: Option<String>,
    /// Fingerprint after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_after: Option<String>,
    /// Duration.
    pub milliseconds: u64,
    /// Why it is irreversible or was not tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Tables whose rows or column order differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<String>>,
    /// Objects that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<DriftedObject>>,
    /// The statement that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ScriptFailure>,
}

/// An SQL test.
#[derive(Debug, Serialize)]
pub struct SqlTest {
    /// File name without `.sql`.
    pub name: String,
    /// `passed`, `failed` or `not-run`.
    pub outcome: &'static str,
    /// Duration.
    pub milliseconds: u64,
    /// The statement that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ScriptFailure>,
}

/// A statement that the server refused.
#[derive(Debug, Serialize)]
pub struct ScriptFailure {
    /// Path relative to the repository.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// One-based column in characters.
    pub column: u32,
    /// SQLSTATE.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
}
