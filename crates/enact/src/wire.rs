//! The JSON documents. They are a contract: separate from the engine's types, documented, versioned.

use serde::Serialize;

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
    /// `changed`, `missing`, `inserted` or `changed-halfway`.
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
    /// Number of the migration.
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

/// `enact.plan/1`
#[derive(Debug, Serialize)]
pub struct Plan {
    /// `enact.plan/1`
    pub schema: &'static str,
    /// `apply`, `rollback` or `redo`.
    pub command: &'static str,
    /// Stream.
    pub stream: String,
    /// Where, without password.
    pub target: String,
    /// The target's identity; absent before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Highest number in force before.
    pub from: u32,
    /// Highest number in force afterwards.
    pub to: u32,
    /// Digest of the plan.
    pub digest: String,
    /// Schema enact would be installed first.
    pub installs_ledger: bool,
    /// Steps in order.
    pub steps: Vec<PlanStep>,
    /// The schema differs from the recorded one: the run would be refused.
    pub drifted: bool,
}

/// A step of a plan.
#[derive(Debug, Serialize)]
pub struct PlanStep {
    /// `up` or `down`.
    pub direction: &'static str,
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// File relative to the repository.
    pub file: String,
    /// Digest of the file.
    pub digest: String,
    /// Number of statements.
    pub statements: usize,
    /// Segments already done by an interrupted run.
    pub resume_after: u32,
    /// The rollback was edited since its migration was applied.
    pub rollback_changed: bool,
    /// Segments in order.
    pub segments: Vec<PlanSegment>,
}

/// A segment of a step.
#[derive(Debug, Serialize)]
pub struct PlanSegment {
    /// All in one transaction; else the one statement stands alone.
    pub transactional: bool,
    /// Short names of the statements.
    pub statements: Vec<&'static str>,
}

/// `enact.apply/1`, `enact.rollback/1`, `enact.redo/1`
#[derive(Debug, Serialize)]
pub struct Run {
    /// `enact.apply/1`, `enact.rollback/1` or `enact.redo/1`.
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Stream.
    pub stream: String,
    /// Identifier of the run; absent when there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Steps in the order they were done.
    pub steps: Vec<RunStep>,
    /// Highest number in force afterwards.
    pub position: u32,
    /// Fingerprint of the schema afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// A step that was done.
#[derive(Debug, Serialize)]
pub struct RunStep {
    /// `up` or `down`.
    pub direction: &'static str,
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// Wall time.
    pub milliseconds: u64,
    /// Rows that the statements report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// `enact.status/1`
#[derive(Debug, Serialize)]
pub struct Status {
    /// `enact.status/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Environment of enact.toml, when named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The target's identity; absent before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Server version as a number, such as 150018.
    pub server_version: u32,
    /// Stream.
    pub stream: String,
    /// Highest number in force; 0 when there is none.
    pub position: u32,
    /// Number of migrations not applied.
    pub pending: usize,
    /// Migrations in order.
    pub migrations: Vec<StatusMigration>,
    /// Other streams in this database.
    pub other_streams: Vec<StreamPosition>,
    /// A half-done file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_progress: Option<InProgress>,
    /// A failure that nothing has followed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,
    /// A run without a recorded end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_run: Option<OpenRun>,
    /// Who is at work at this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// A killed run's connection that is still executing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orphan: Option<Holder>,
    /// In what ledger and files differ.
    pub disagreements: Vec<Disagreement>,
    /// `none`, `drifted` or `unrecorded`.
    pub drift: &'static str,
    /// The recorded fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Entries in the ledger.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: String,
}

/// A migration and whether it is applied.
#[derive(Debug, Serialize)]
pub struct StatusMigration {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// `applied`, `adopted` or `pending`.
    pub state: &'static str,
    /// The file can be rolled back.
    pub reversible: bool,
    /// Digest as applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The ledger's entry that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// Where another stream stands.
#[derive(Debug, Serialize)]
pub struct StreamPosition {
    /// Stream.
    pub stream: String,
    /// Highest number in force.
    pub position: u32,
}

/// A half-done file.
#[derive(Debug, Serialize)]
pub struct InProgress {
    /// Number of the migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: &'static str,
    /// Segments in the file.
    pub segments: u32,
    /// Segments known to be done.
    pub done: u32,
    /// The segment whose end was not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<u32>,
}

/// A failure that nothing has followed yet.
#[derive(Debug, Serialize)]
pub struct LastFailure {
    /// Number of the migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: &'static str,
    /// The server's code.
    pub sqlstate: String,
    /// Line in the file.
    pub line: u32,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A run without a recorded end.
#[derive(Debug, Serialize)]
pub struct OpenRun {
    /// Its identifier.
    pub run: String,
    /// `apply`, `rollback`, `redo` or `baseline`.
    pub command: &'static str,
    /// Who started it.
    pub person: String,
    /// Where.
    pub host: String,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// `enact.verify/1`
#[derive(Debug, Serialize)]
pub struct Verify {
    /// `enact.verify/1`
    pub schema: &'static str,
    /// Exit code of the process.
    pub exit: u8,
    /// Name of the verdict.
    pub code: &'static str,
    /// Where, without password, or the bundle's file.
    pub source: String,
    /// Nothing is wrong with what was looked at.
    pub sound: bool,
    /// A head from elsewhere was compared with.
    pub compared: bool,
    /// The chain; absent when it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<VerifiedLedger>,
    /// What is wrong with the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<LedgerFailure>,
    /// What protects the ledger in the database; absent for a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guards: Option<Guards>,
    /// The live schema against the recorded one, when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

/// A chain that holds.
#[derive(Debug, Serialize)]
pub struct VerifiedLedger {
    /// The target's identity.
    pub identity: String,
    /// Number of entries.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: String,
    /// Merkle root over all entries.
    pub root: String,
    /// Server time of the first entry.
    pub first_at: String,
    /// Server time of the last entry.
    pub last_at: String,
}

/// What is wrong with a chain.
#[derive(Debug, Serialize)]
pub struct LedgerFailure {
    /// What was found.
    pub message: String,
    /// Numbers of the entries concerned.
    pub entries: Vec<u64>,
}

/// What protects the ledger in the database.
#[derive(Debug, Serialize)]
pub struct Guards {
    /// Everything that is not as installed.
    pub faults: Vec<String>,
    /// Who owns the ledger.
    pub owner: String,
    /// The owner can log in, or the role that asked may become it.
    pub owner_at_hand: bool,
}

/// `enact.history/1`
#[derive(Debug, Serialize)]
pub struct History {
    /// `enact.history/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Entries in the ledger.
    pub total: usize,
    /// The entries shown, oldest first.
    pub entries: Vec<HistoryEntry>,
}

/// One entry of the ledger.
#[derive(Debug, Serialize)]
pub struct HistoryEntry {
    /// Position.
    pub seq: u64,
    /// Hash.
    pub hash: String,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Kind, such as `migration.applied`.
    pub kind: &'static str,
    /// The person.
    pub person: String,
    /// The database role.
    pub role: String,
    /// The host.
    pub host: String,
    /// Version of the tool.
    pub tool_version: String,
    /// Digest of the tool's binary.
    pub tool_digest: String,
    /// The run it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What is stated, as the ledger's format 1 has it.
    pub fact: serde_json::Value,
}

/// `enact.drift/1`
#[derive(Debug, Serialize)]
pub struct DriftReport {
    /// `enact.drift/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// `none`, `drifted` or `unrecorded`.
    pub drift: &'static str,
    /// The recorded fingerprint; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The live fingerprint, when it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The objects that differ; absent when the recorded snapshot was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<DriftedObject>>,
}

/// `enact.baseline/1`
#[derive(Debug, Serialize)]
pub struct Baseline {
    /// `enact.baseline/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Stream.
    pub stream: String,
    /// Highest number in force afterwards.
    pub position: u32,
    /// Number of migrations adopted.
    pub migrations: usize,
    /// The schema was compared with one made from the files, and is the same.
    pub compared: bool,
    /// Fingerprint of the schema.
    pub fingerprint: String,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// `enact.export/1`
#[derive(Debug, Serialize)]
pub struct Export {
    /// `enact.export/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// File with the bundle.
    pub bundle: String,
    /// Entries in it.
    pub entries: u64,
    /// The closing checkpoint's origin.
    pub origin: String,
    /// Merkle root over all entries.
    pub root: String,
    /// File with the checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
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
