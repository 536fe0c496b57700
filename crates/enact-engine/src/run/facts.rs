//! What a step states in the ledger.

use enact_ledger::entry::fact::{
    Direction, Found, MigrationApplied, MigrationFailed, MigrationRolledBack, Phase, StepRecorded,
};
use enact_ledger::{Fact, SqlState};

use super::failure::{StatementFailure, counted};
use super::step::StepAtWork;
use crate::requirements;

impl StepAtWork<'_> {
    /// The entry that ends the step.
    pub fn finished(&self) -> Fact {
        let label = self.label;
        let (stream, number, name) = (
            label.stream.as_str().into(),
            label.number,
            label.name.as_str().into(),
        );
        let (digest, statements) = (
            self.plan.digest,
            u32::try_from(self.statements()).unwrap_or(u32::MAX),
        );
        match label.direction {
            Direction::Up => MigrationApplied {
                stream,
                number,
                name,
                digest,
                meaning: self.meaning,
                rollback: self.rollback,
                statements,
                requires: requirements::words(self.script),
            }
            .into(),
            Direction::Down => MigrationRolledBack {
                stream,
                number,
                name,
                digest,
                statements,
            }
            .into(),
        }
    }

    /// A journal entry for a segment.
    pub fn journal(&self, segment: u32, phase: Phase, found: Option<Found>) -> StepRecorded {
        StepRecorded {
            stream: self.label.stream.as_str().into(),
            number: self.label.number,
            direction: self.label.direction,
            digest: self.plan.digest,
            segment,
            segments: position(self.script.segments.len().saturating_sub(1)),
            phase,
            found,
            reason: None,
        }
    }

    /// One-based statement of the file; 0 stays 0, the commit.
    fn statement_in_file(&self, failure: &StatementFailure) -> usize {
        let before = self.script.segments.iter().take(failure.segment - 1);
        let before: usize = before.map(|segment| segment.statements.len()).sum();
        failure.statement + if failure.statement == 0 { 0 } else { before }
    }

    pub fn statements(&self) -> usize {
        self.script
            .segments
            .iter()
            .map(|segment| segment.statements.len())
            .sum()
    }

    /// The entry that tells a failure.
    pub fn failed(&self, failure: &StatementFailure) -> Fact {
        let object = |name: &Option<String>| name.as_deref().map(Into::into);
        MigrationFailed {
            stream: self.label.stream.as_str().into(),
            number: self.label.number,
            direction: self.label.direction,
            digest: self.plan.digest,
            segment: position(failure.segment - 1),
            statement: counted(self.statement_in_file(failure)),
            line: failure.line,
            sqlstate: failure
                .server
                .sqlstate
                .parse()
                .unwrap_or(SqlState::INTERNAL_ERROR),
            constraint: object(&failure.server.constraint),
            table: object(&failure.server.table),
            schema: object(&failure.server.schema),
        }
        .into()
    }
}

/// One-based position of the segment at `index`, as entries state it.
pub(super) fn position(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
