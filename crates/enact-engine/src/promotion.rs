//! Promotion: what one target of a project shows of a plan before the plan runs on the next one.

use std::collections::BTreeMap;

use enact_ledger::entry::fact::{Direction, IntendedStep, MigrationApplied};
use enact_ledger::{Entry, Fact, FileDigest, Hash};
use enact_release::Receipt;

use crate::plan::{Plan, Step};
use crate::project::Streams;

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
}

/// What is known of one migration there.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Digests of migration and rollback, while it is in force.
    in_force: Option<(FileDigest, Option<FileDigest>)>,
    /// Digests of the rollbacks that were run.
    rolled_back: Vec<FileDigest>,
    /// Fingerprint of the schema just before it was applied.
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
        let mut run = None;
        for entry in entries {
            evidence.absorb(entry, &mut run);
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

    fn absorb(&mut self, entry: &Entry, run: &mut Option<(IntendedStep, Hash)>) {
        match &entry.fact {
            Fact::RunStarted(fact) => {
                *run = fact.steps.first().cloned().zip(fact.fingerprint);
            }
            Fact::MigrationApplied(fact) => self.applied(fact, run.as_ref()),
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

    fn applied(&mut self, fact: &MigrationApplied, run: Option<&(IntendedStep, Hash)>) {
        let (stream, number) = (fact.stream.as_str(), fact.number);
        let first = run.filter(|(step, _)| {
            (step.direction, step.stream.as_str(), step.number) == (Direction::Up, stream, number)
        });
        let before = first.map(|(_, fingerprint)| *fingerprint);
        let seen = self.seen(stream, number);
        seen.in_force = Some((fact.digest, fact.rollback));
        seen.before = before.or(seen.before);
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
            if let (0, Some(there), Some(here), true) =
                (index, seen.before, here, self.major == major)
                && there != here
            {
                missing.push(Missing::Differed { label, there, here });
            }
        }
        missing
    }
}

fn rollback_digest(streams: &Streams, step: &Step) -> Option<FileDigest> {
    let stream = streams.get(&step.label.stream)?;
    stream.get(step.label.number)?.rollback_digest
}
