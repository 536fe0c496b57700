//! One migration: A, apply, B, roll back, A again, re-apply, B again.

use std::time::Instant;

use enact_ledger::Hash;
use enact_sql::script::Script;

use super::bench::Bench;
use super::contents::{Contents, SequenceMoved};
use super::error::ProofError;
use super::execute::Ended;
use super::report::{Proof, Verdict};
use crate::catalog::{Snapshot, column_order_changes, diff};
use crate::project::Migration;
use crate::project::layout::meaning;

/// Proves one migration and leaves the bench ready for the next one.
pub(super) async fn prove(
    bench: &mut Bench<'_>,
    migration: &Migration,
) -> Result<Proof, ProofError> {
    let begun = Instant::now();
    let source = &bench.request.stream.source;
    let mut proof = Proof {
        number: migration.number,
        name: migration.name.clone(),
        file: source.shown(&migration.path),
        digest: migration.digest,
        meaning: None,
        rollback_digest: migration.rollback_digest,
        verdict: Verdict::Proven,
        no_effect: false,
        sequences: Vec::new(),
        fingerprint_before: None,
        fingerprint_after: None,
        milliseconds: 0,
    };
    if let Err(reason) = bench.reach(migration.number - 1).await? {
        proof.verdict = Verdict::NotTested { reason };
        return Ok(proof);
    }
    let stream = bench.request.stream;
    let up = stream.load(migration).map_err(ProofError::Files)?;
    let down = stream.load_rollback(migration).map_err(ProofError::Files)?;
    proof.meaning = meaning(&up);
    let before = State::now(bench).await?;
    let cycle = Cycle {
        bench,
        migration,
        up: &up,
        down: down.as_ref(),
    };
    let turned = cycle.turn(&before).await?;
    proof.fingerprint_before = Some(fingerprint(&before.schema));
    proof.fingerprint_after = turned.applied.as_ref().map(fingerprint);
    (proof.no_effect, proof.sequences) = (turned.no_effect, turned.sequences);
    proof.verdict = turned.verdict;
    settle(bench, migration, &proof.verdict, turned.now).await?;
    proof.milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(proof)
}

/// Prepares the bench for what comes after the verdict.
async fn settle(
    bench: &mut Bench<'_>,
    migration: &Migration,
    verdict: &Verdict,
    now: Option<Snapshot>,
) -> Result<(), ProofError> {
    if let Verdict::MigrationFailed(failure) = verdict {
        bench.block(format!("the migration before it failed: {failure}"));
        Ok(())
    } else if verdict.spoils() {
        bench.spoil();
        Ok(())
    } else {
        bench.advance(migration.number, now).await
    }
}

/// What the database is at one time.
struct State {
    schema: Snapshot,
    contents: Contents,
}

impl State {
    async fn now(bench: &mut Bench<'_>) -> Result<Self, ProofError> {
        let schema = bench.schema().await?;
        let contents = bench.contents(&schema).await?;
        Ok(Self { schema, contents })
    }
}

struct Cycle<'b, 'a> {
    bench: &'b Bench<'a>,
    migration: &'b Migration,
    up: &'b Script,
    down: Option<&'b Script>,
}

/// A verdict and what was learnt on the way.
struct Turned {
    verdict: Verdict,
    no_effect: bool,
    sequences: Vec<SequenceMoved>,
    /// The schema after the first application.
    applied: Option<Snapshot>,
    /// The schema as it is now, where that is known.
    now: Option<Snapshot>,
}

impl Turned {
    fn new(verdict: Verdict, applied: Option<Snapshot>) -> Self {
        Self {
            verdict,
            no_effect: false,
            sequences: Vec::new(),
            applied,
            now: None,
        }
    }
}

impl Cycle<'_, '_> {
    async fn turn(&self, before: &State) -> Result<Turned, ProofError> {
        if let Err(failure) = self.apply().await? {
            return Ok(Turned::new(Verdict::MigrationFailed(failure), None));
        }
        let applied = self.bench.snapshot().await?;
        let no_effect = self.had_no_effect(before, &applied).await?;
        let mut turned = match self.down {
            Some(down) => self.back_and_forth(before, applied, down).await?,
            None => self.one_way(applied),
        };
        turned.no_effect = no_effect;
        Ok(turned)
    }

    fn one_way(&self, applied: Snapshot) -> Turned {
        let reason = self.migration.no_rollback_reason().to_owned();
        let now = Some(applied.clone());
        let turned = Turned::new(Verdict::Irreversible { reason }, Some(applied));
        Turned { now, ..turned }
    }

    async fn back_and_forth(
        &self,
        before: &State,
        applied: Snapshot,
        down: &Script,
    ) -> Result<Turned, ProofError> {
        if let Err(failure) = self.bench.executor().run(down).await? {
            return Ok(Turned::new(Verdict::RollbackFailed(failure), Some(applied)));
        }
        let restored = self.bench.snapshot().await?;
        let differences = diff(&before.schema, &restored);
        if !differences.is_empty() {
            let verdict = Verdict::NotRestored { differences };
            return Ok(Turned::new(verdict, Some(applied)));
        }
        let contents = self.bench.contents(&before.schema).await?;
        let sequences = before.contents.sequences_moved(&contents);
        let tables = before.contents.tables_changed(&contents);
        if !tables.is_empty() {
            let turned = Turned::new(Verdict::Data { tables }, Some(applied));
            return Ok(Turned {
                sequences,
                ..turned
            });
        }
        let turned = self.forth_again(before, applied, &restored).await?;
        Ok(Turned {
            sequences,
            ..turned
        })
    }

    /// The rollback has restored everything, columns' order perhaps excepted.
    async fn forth_again(
        &self,
        before: &State,
        applied: Snapshot,
        restored: &Snapshot,
    ) -> Result<Turned, ProofError> {
        if let Err(failure) = self.apply().await? {
            return Ok(Turned::new(Verdict::ReapplyFailed(failure), Some(applied)));
        }
        let again = self.bench.snapshot().await?;
        let differences = diff(&applied, &again);
        let mut tables = column_order_changes(&before.schema, restored);
        if tables.is_empty() {
            tables = column_order_changes(&applied, &again);
        }
        let allowed = self.bench.request.options.allow_column_order;
        let verdict = if !differences.is_empty() {
            Verdict::ReapplyDiffers { differences }
        } else if !tables.is_empty() {
            Verdict::ColumnOrder { tables, allowed }
        } else {
            Verdict::Proven
        };
        let turned = Turned::new(verdict, Some(applied));
        let now = Some(again);
        Ok(Turned { now, ..turned })
    }

    async fn had_no_effect(&self, before: &State, applied: &Snapshot) -> Result<bool, ProofError> {
        // Snapshots hold the physical order of columns too.
        Ok(before.schema == *applied && before.contents == self.bench.contents(applied).await?)
    }

    async fn apply(&self) -> Result<Ended, ProofError> {
        self.bench.executor().run(self.up).await
    }
}

fn fingerprint(schema: &Snapshot) -> Hash {
    Hash(schema.fingerprint())
}
