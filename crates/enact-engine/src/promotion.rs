//! Promotion: what one target of a project shows of a plan before the plan runs on the next one.

use std::collections::BTreeMap;

use enact_ledger::entry::fact::Direction;
use enact_ledger::{Entry, Fact, FileDigest, Hash};
use enact_release::Receipt;

use crate::compare::{CORE, Database, Release, compare, of_receipt};
use crate::core;
use crate::plan::{Plan, Step};
use crate::project::{PinnedCore, Streams};

/// What the ledger of the target before shows.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Name of its environment.
    pub environment: String,
    /// Major version of its server.
    pub major: u32,
    /// Digest of the receipt that says so; `None` where the target was asked itself.
    pub receipt: Option<Hash>,
    seen: BTreeMap<(String, u32), Seen>,
    /// Fingerprints of the schema, and where the streams stood, oldest first.
    schemas: Vec<(Positions, Hash)>,
    core: LastCore,
}

/// Where streams stand of which anything is in force.
type Positions = BTreeMap<String, u32>;

/// The core there, after the last run.
#[derive(Debug, Clone, Default)]
enum LastCore {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// Its fingerprint, as the run recorded it.
    Recorded(Hash),
    /// The objects of the database, as a receipt has them.
    Objects(Box<Database>),
}

/// What is known of one migration there.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Digests of migration and rollback, while it is in force.
    in_force: Option<(FileDigest, Option<FileDigest>)>,
    /// Digests of the rollbacks that were run.
    rolled_back: Vec<FileDigest>,
    /// Fingerprint of the schema just before it was applied, in a receipt.
    before: Option<Hash>,
}

/// Something that the target before does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The migration is not in force there.
    NotApplied {
        /// The migration.
        label: String,
    },
    /// It was applied with other files.
    OtherFile {
        /// The migration.
        label: String,
        /// It is the rollback that is another one.
        rollback: bool,
    },
    /// Its rollback was not run there, nor proven by the release.
    NotProven {
        /// The migration.
        label: String,
    },
    /// The schemas were not the same before it.
    Differed {
        /// The migration.
        label: String,
        /// Fingerprint there, just before it was applied.
        there: Hash,
        /// Fingerprint here, now.
        here: Hash,
    },
    /// Whether they were is not known: it was applied behind others in one run.
    NotKnown {
        /// The migration.
        label: String,
    },
    /// The core there is not as its release made it.
    OtherCore {
        /// The release.
        release: String,
    },
}

impl Evidence {
    /// Reads it from the entries of a ledger.
    #[must_use]
    pub fn of<'e>(
        environment: &str,
        major: u32,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> Self {
        let mut evidence = Self {
            environment: environment.to_owned(),
            major,
            ..Self::default()
        };
        for entry in entries {
            evidence.absorb(entry);
        }
        evidence
    }

    /// Reads it from a receipt; `None` where that names no environment.
    #[must_use]
    pub fn of_receipt(receipt: &Receipt) -> Option<Self> {
        let mut evidence = Self {
            environment: receipt.environment.clone()?,
            major: receipt.server.version_number / 10_000,
            receipt: Some(receipt.digest()),
            core: LastCore::Objects(Box::new(of_receipt("", "", receipt))),
            ..Self::default()
        };
        for stream in &receipt.streams {
            for migration in &stream.migrations {
                let seen = evidence.seen(&stream.name, migration.number);
                seen.in_force = Some((migration.digest, migration.rollback));
            }
        }
        for undone in &receipt.rolled_back {
            let seen = evidence.seen(&undone.stream, undone.number);
            seen.rolled_back.push(undone.digest);
        }
        for run in &receipt.runs {
            let first = run
                .steps
                .first()
                .filter(|step| step.direction == Direction::Up);
            if let (Some(step), Some(before)) = (first, run.fingerprint) {
                evidence.seen(&step.stream, step.number).before = Some(before);
            }
        }
        Some(evidence)
    }

    fn absorb(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::RunStarted(fact) => self.schema(fact.fingerprint),
            Fact::RunFinished(fact) => {
                self.schema(fact.fingerprint);
                self.core = fact.core.map_or(LastCore::Unknown, LastCore::Recorded);
            }
            Fact::DriftAccepted(fact) => self.schema(Some(fact.actual)),
            Fact::MigrationApplied(fact) => {
                let seen = self.seen(fact.stream.as_str(), fact.number);
                seen.in_force = Some((fact.digest, fact.rollback));
            }
            Fact::MigrationRolledBack(fact) => {
                let seen = self.seen(fact.stream.as_str(), fact.number);
                seen.in_force = None;
                seen.rolled_back.push(fact.digest);
            }
            Fact::BaselineAdopted(fact) => {
                for migration in &fact.migrations {
                    let seen = self.seen(migration.stream.as_str(), migration.number);
                    seen.in_force = Some((migration.digest, migration.rollback));
                }
                self.schema(Some(fact.fingerprint));
            }
            Fact::FileAmended(fact) => {
                let seen = self.seen(fact.stream.as_str(), fact.number);
                if let Some((digest, _)) = &mut seen.in_force {
                    *digest = fact.digest;
                }
            }
            _ => {}
        }
    }

    /// Notes the schema at the moment's positions.
    fn schema(&mut self, fingerprint: Option<Hash>) {
        let Some(fingerprint) = fingerprint else {
            return;
        };
        let in_force = self.seen.iter().filter(|(_, seen)| seen.in_force.is_some());
        let mut positions = Positions::new();
        for ((stream, number), _) in in_force {
            positions.insert(stream.clone(), *number);
        }
        self.schemas.push((positions, fingerprint));
    }

    /// The schema there when the streams of the plan last stood where they stand here, before its first step.
    fn before(&self, plan: &Plan, first: &Step) -> Option<Hash> {
        let key = (first.label.stream.clone(), first.label.number);
        if let Some(before) = self.seen.get(&key).and_then(|seen| seen.before) {
            return Some(before);
        }
        let here = plan.courses.iter().filter(|course| course.from > 0);
        let here: Positions = here
            .map(|course| (course.stream.clone(), course.from))
            .collect();
        let of_plan = |positions: &Positions| -> Positions {
            let known = positions
                .iter()
                .filter(|(stream, _)| plan.course(stream).is_some());
            known.map(|(stream, at)| (stream.clone(), *at)).collect()
        };
        let mut newest = self.schemas.iter().rev();
        newest
            .find(|(positions, _)| of_plan(positions) == here)
            .map(|(_, fingerprint)| *fingerprint)
    }

    /// Whether the core there is another one than its release made, as far as that is known.
    fn has_other_core(&self, pinned: &PinnedCore) -> bool {
        let package = &pinned.package;
        match &self.core {
            LastCore::Unknown => false,
            LastCore::Recorded(actual) => {
                let in_force = self.seen.iter().rev();
                let mut core = in_force
                    .filter(|((stream, _), seen)| stream == CORE && seen.in_force.is_some());
                let number = core.next().map_or(0, |((_, number), _)| *number);
                let expected = core::expected(package, self.major, number);
                expected.is_some_and(|expected| expected != *actual)
            }
            LastCore::Objects(database) => {
                let databases = std::slice::from_ref(&**database);
                let release = Release::of(package, databases);
                compare(databases, Some(&release)).differs()
            }
        }
    }

    fn seen(&mut self, stream: &str, number: u32) -> &mut Seen {
        self.seen.entry((stream.to_owned(), number)).or_default()
    }

    /// What it lacks for the steps of a plan that apply something, on a target with this fingerprint and server.
    #[must_use]
    pub fn missing(
        &self,
        plan: &Plan,
        streams: &Streams,
        here: Option<Hash>,
        major: u32,
    ) -> Vec<Missing> {
        let steps = plan.steps.iter().filter(|step| !step.label.is_down());
        let mut missing = Vec::new();
        let other = streams.core().filter(|pinned| self.has_other_core(pinned));
        if let Some(pinned) = other.filter(|_| steps.clone().next().is_some()) {
            let release = pinned.version().to_owned();
            missing.push(Missing::OtherCore { release });
        }
        for (index, step) in steps.enumerate() {
            let label = step.label.of_migration();
            let key = (step.label.stream.clone(), step.label.number);
            let seen = self.seen.get(&key);
            let Some((seen, (digest, rollback))) =
                seen.and_then(|seen| Some((seen, seen.in_force?)))
            else {
                missing.push(Missing::NotApplied { label });
                continue;
            };
            let rollback_now = rollback_digest(streams, step);
            if digest != step.digest || rollback != rollback_now {
                let rollback = digest == step.digest;
                missing.push(Missing::OtherFile { label, rollback });
                continue;
            }
            let proven = rollback_now.is_none_or(|rollback| seen.rolled_back.contains(&rollback))
                || streams.is_proven(&step.label.stream, major);
            if !proven {
                missing.push(Missing::NotProven {
                    label: label.clone(),
                });
            }
            let known = here.filter(|_| index == 0 && self.major == major);
            missing.extend(known.and_then(|here| match self.before(plan, step) {
                Some(there) if there != here => Some(Missing::Differed { label, there, here }),
                // What cannot be undone could never be shown.
                None if rollback_now.is_some() => Some(Missing::NotKnown { label }),
                _ => None,
            }));
        }
        missing
    }
}

fn rollback_digest(streams: &Streams, step: &Step) -> Option<FileDigest> {
    let stream = streams.get(&step.label.stream)?;
    stream.get(step.label.number)?.rollback_digest
}
