//! The state of a target: a fold over its ledger, never stored beside it.

use std::collections::BTreeMap;

use enact_ledger::entry::fact::{self, Command, Direction, Fact, Found, Phase};
use enact_ledger::{
    Entry, FileDigest, Hash, Identity, SqlState, SystemIdentifier, Text, Timestamp,
};
use enact_sql::requirement::Requirement;

/// What the ledger says of one database.
#[derive(Debug, Clone, Default)]
pub struct TargetState {
    /// The random identity given at enrolment.
    pub identity: Option<Identity>,
    /// Which target this is, as it was enrolled last.
    pub enrolment: Option<Enrolment>,
    /// The core release of the last run that knew of one.
    pub release: Option<String>,
    /// Every stream that was ever written, by name.
    pub streams: BTreeMap<String, StreamState>,
    /// A run that was started and has no recorded end.
    pub open_run: Option<OpenRun>,
    /// The last recorded state of the schema, unless something was recorded as changed since.
    pub recorded: Option<RecordedSchema>,
    /// The drifted fingerprint that was recorded last and not accepted since.
    pub drift_found: Option<Hash>,
    /// Position and hash of the last entry.
    pub head: Head,
    /// Version of schema `enact`; 0 before it is known.
    pub schema_version: i32,
    /// When the last entry was written, by the server's clock.
    pub last_at: Option<Timestamp>,
}

/// Which target a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The random identity.
    pub identity: Identity,
    /// System identifier of its cluster; 0 where the server did not tell.
    pub system_identifier: SystemIdentifier,
    /// Name of the database.
    pub database: String,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// Its environment there.
    pub environment: Option<String>,
    /// Where it is reached, as `host:port/database`.
    pub endpoint: Option<String>,
    /// When, by the server's clock.
    pub at: Option<Timestamp>,
}

/// Where the next entry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub seq: u64,
    /// Hash of the last entry; zeros when there is none.
    pub hash: Hash,
}

/// The schema as the last finished run left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSchema {
    /// The fingerprint.
    pub fingerprint: Hash,
    /// A cheap mark of the catalog at that moment, when it was taken.
    pub stamp: Option<String>,
    /// Fingerprint of the core's part, where the run knew which objects are the core's.
    pub core: Option<Hash>,
    /// The entry that says so.
    pub seq: u64,
}

/// A run without a recorded end: at work, or killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    /// Its identifier.
    pub run: String,
    /// What it was asked to do.
    pub command: Command,
    /// Who started it.
    pub person: String,
    /// Where.
    pub host: String,
    /// When, by the server's clock.
    pub since: Option<Timestamp>,
}

/// What the ledger says of one stream.
#[derive(Debug, Clone, Default)]
pub struct StreamState {
    /// Migrations in force, by number.
    pub applied: BTreeMap<u32, Applied>,
    /// A file of several segments that is half done.
    pub in_progress: Option<InProgress>,
    /// The last failure, unless the migration has been applied or rolled back since.
    pub last_failure: Option<Failed>,
}

/// A migration in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Name without number.
    pub name: String,
    /// Digest of the file as applied.
    pub digest: FileDigest,
    /// Digest of its tokens.
    pub meaning: FileDigest,
    /// Digest of its rollback at that time.
    pub rollback: Option<FileDigest>,
    /// The entry that says so.
    pub seq: u64,
    /// When, by the server's clock.
    pub at: Option<Timestamp>,
    /// Who.
    pub person: String,
    /// Adopted by a baseline rather than run.
    pub baseline: bool,
    /// What it requires of other streams.
    pub requires: Vec<Requirement>,
}

/// A half-done file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InProgress {
    /// Number of the migration.
    pub number: u32,
    /// Whether it is being applied or rolled back.
    pub direction: Direction,
    /// Digest of the file at work.
    pub digest: FileDigest,
    /// Segments in the file.
    pub segments: u32,
    /// Segments known to be done.
    pub done: u32,
    /// A segment that was started and whose outcome is not recorded, with what was found before it.
    pub started: Option<(u32, Option<Found>)>,
    /// A segment whose rows are being changed batch by batch.
    pub backfilling: Option<u32>,
}

/// A recorded failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Number of the migration.
    pub number: u32,
    /// Whether it was being applied or rolled back.
    pub direction: Direction,
    /// The server's code.
    pub sqlstate: SqlState,
    /// Line in the file.
    pub line: u32,
    /// When, by the server's clock.
    pub at: Option<Timestamp>,
}

impl StreamState {
    /// The highest number in force; 0 when there is none.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.applied.keys().next_back().copied().unwrap_or(0)
    }
}

impl Default for Head {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: Hash::ZERO,
        }
    }
}

impl TargetState {
    /// Folds the next entry in. `hash` is the entry's own.
    pub fn absorb(&mut self, entry: &Entry, hash: Hash) {
        self.head = Head {
            seq: entry.seq,
            hash,
        };
        self.last_at = entry.server_at;
        match &entry.fact {
            Fact::TargetEnrolled(fact) => self.enrolled(entry, fact),
            Fact::RunStarted(fact) => self.run_started(entry, fact),
            Fact::RunFinished(fact) => self.run_finished(entry, fact),
            Fact::MigrationApplied(fact) => self.applied(entry, fact),
            Fact::MigrationRolledBack(fact) => self.rolled_back(fact),
            Fact::MigrationFailed(fact) => self.failed(entry, fact),
            Fact::StepRecorded(fact) => self.step(fact),
            Fact::BaselineAdopted(fact) => self.baseline(entry, fact),
            Fact::DriftFound(fact) => self.drift_found = Some(fact.actual),
            Fact::DriftAccepted(fact) => self.record_schema(entry, fact.actual),
            Fact::FileAmended(fact) => self.amended(fact),
        }
    }

    /// The state of `stream`, empty if nothing was ever written of it.
    #[must_use]
    pub fn stream(&self, stream: &str) -> &StreamState {
        static EMPTY: StreamState = StreamState {
            applied: BTreeMap::new(),
            in_progress: None,
            last_failure: None,
        };
        self.streams.get(stream).unwrap_or(&EMPTY)
    }

    fn stream_mut(&mut self, stream: &str) -> &mut StreamState {
        if !self.streams.contains_key(stream) {
            self.streams
                .insert(stream.to_owned(), StreamState::default());
        }
        self.streams.entry(stream.to_owned()).or_default()
    }

    fn record_schema(&mut self, entry: &Entry, fingerprint: Hash) {
        self.drift_found = None;
        self.recorded = Some(RecordedSchema {
            fingerprint,
            stamp: None,
            core: None,
            seq: entry.seq,
        });
    }

    fn enrolled(&mut self, entry: &Entry, fact: &fact::TargetEnrolled) {
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
        self.identity = Some(fact.identity);
        self.enrolment = Some(Enrolment {
            identity: fact.identity,
            system_identifier: fact.system_identifier,
            database: fact.database.as_str().to_owned(),
            project: text(&fact.project),
            environment: text(&fact.environment),
            endpoint: text(&fact.endpoint),
            at: entry.server_at,
        });
    }

    fn run_started(&mut self, entry: &Entry, fact: &fact::RunStarted) {
        self.open_run = Some(OpenRun::new(entry, fact));
        if let Some(release) = &fact.release {
            self.release = Some(release.as_str().to_owned());
        }
    }

    fn amended(&mut self, fact: &fact::FileAmended) {
        let stream = self.stream_mut(fact.stream.as_str());
        if let Some(applied) = stream.applied.get_mut(&fact.number) {
            applied.digest = fact.digest;
        }
    }

    fn run_finished(&mut self, entry: &Entry, fact: &fact::RunFinished) {
        if self.open_run.as_ref().is_some_and(|open| {
            entry
                .run
                .as_ref()
                .is_some_and(|run| run.as_str() == open.run)
        }) {
            self.open_run = None;
        }
        if let Some(fingerprint) = fact.fingerprint {
            self.drift_found = None;
            self.recorded = Some(RecordedSchema {
                fingerprint,
                stamp: fact.stamp.as_ref().map(|stamp| stamp.as_str().to_owned()),
                core: fact.core,
                seq: entry.seq,
            });
        }
    }

    fn applied(&mut self, entry: &Entry, fact: &fact::MigrationApplied) {
        // The schema is another one now; the run's end will record it.
        self.recorded = None;
        let stream = self.stream_mut(fact.stream.as_str());
        stream.settled(fact.number);
        let applied = Applied {
            name: fact.name.as_str().to_owned(),
            digest: fact.digest,
            meaning: fact.meaning,
            rollback: fact.rollback,
            seq: entry.seq,
            at: entry.server_at,
            person: entry.actor.person.as_str().to_owned(),
            baseline: false,
            requires: requires(fact.requires.as_ref()),
        };
        stream.applied.insert(fact.number, applied);
    }

    fn rolled_back(&mut self, fact: &fact::MigrationRolledBack) {
        self.recorded = None;
        let stream = self.stream_mut(fact.stream.as_str());
        stream.settled(fact.number);
        stream.applied.remove(&fact.number);
    }

    fn failed(&mut self, entry: &Entry, fact: &fact::MigrationFailed) {
        let failed = Failed {
            number: fact.number,
            direction: fact.direction,
            sqlstate: fact.sqlstate,
            line: fact.line,
            at: entry.server_at,
        };
        self.stream_mut(fact.stream.as_str()).last_failure = Some(failed);
    }

    fn step(&mut self, fact: &fact::StepRecorded) {
        self.recorded = None;
        let stream = self.stream_mut(fact.stream.as_str());
        let same = |at: &InProgress| {
            (at.number, at.direction, at.digest) == (fact.number, fact.direction, fact.digest)
        };
        let at = match stream.in_progress.take() {
            Some(at) if same(&at) => at,
            _ => InProgress {
                number: fact.number,
                direction: fact.direction,
                digest: fact.digest,
                segments: fact.segments,
                done: 0,
                started: None,
                backfilling: None,
            },
        };
        stream.in_progress = Some(at.after(fact));
    }

    fn baseline(&mut self, entry: &Entry, fact: &fact::BaselineAdopted) {
        for migration in &fact.migrations {
            let applied = Applied {
                name: migration.name.as_str().to_owned(),
                digest: migration.digest,
                meaning: migration.meaning,
                rollback: migration.rollback,
                seq: entry.seq,
                at: entry.server_at,
                person: entry.actor.person.as_str().to_owned(),
                baseline: true,
                requires: requires(migration.requires.as_ref()),
            };
            self.stream_mut(migration.stream.as_str())
                .applied
                .insert(migration.number, applied);
        }
        self.record_schema(entry, fact.fingerprint);
    }
}

fn requires(text: Option<&Text>) -> Vec<Requirement> {
    text.map(|text| Requirement::list(text.as_str()))
        .unwrap_or_default()
}

impl StreamState {
    /// A migration has been applied or rolled back: nothing half-done or failed remains of it.
    fn settled(&mut self, number: u32) {
        self.in_progress = None;
        self.last_failure.take_if(|failed| failed.number == number);
    }
}

impl InProgress {
    fn after(mut self, fact: &fact::StepRecorded) -> Self {
        let settled_as_done = fact.phase == Phase::Resolved && fact.found == Some(Found::Present);
        match fact.phase {
            Phase::Started => self.started = Some((fact.segment, fact.found)),
            Phase::Backfilling => self.backfilling = Some(fact.segment),
            Phase::Done => {
                (self.done, self.started, self.backfilling) = (fact.segment, None, None);
            }
            Phase::Resolved if settled_as_done => (self.done, self.started) = (fact.segment, None),
            // Something half-made is left: the next try must see to it before it starts anew.
            Phase::Failed if fact.found == Some(Found::Invalid) => {}
            Phase::Failed | Phase::Resolved => self.started = None,
        }
        self
    }
}

impl OpenRun {
    fn new(entry: &Entry, fact: &fact::RunStarted) -> Self {
        Self {
            run: entry
                .run
                .as_ref()
                .map(|run| run.as_str().to_owned())
                .unwrap_or_default(),
            command: fact.command,
            person: entry.actor.person.as_str().to_owned(),
            host: entry.actor.host.as_str().to_owned(),
            since: entry.server_at,
        }
    }
}
