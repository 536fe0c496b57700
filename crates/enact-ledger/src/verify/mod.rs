//! Verification of a ledger's rows: each body, the chain between them, and known heads.
//!
//! What each failure means, and how cases that could be called by two names are decided:
//!
//! | Kind | Exit | Decided when |
//! |---|---|---|
//! | altered | 10 | a row's body, hash, `prev`, number or time contradict each other, a body is not a valid entry, or two neighbours do not link although every number is there (one of both was replaced and its own hash recomputed) |
//! | missing | 11 | numbers are missing before the last one |
//! | reordered | 12 | all entries are there and link, but stand in another order; or one stands there twice; or one was inserted that takes a number already taken and follows no entry that is there |
//! | truncated | 13 | a known head is larger than the ledger, or the ledger has no entry at all |
//! | forked | 14 | two valid entries follow the same one; or the root at a known head's size is not that head's; or the known head is of another ledger |
//! | unsupported | 21 | a body is whole, and states a newer version or a kind not known |
//!
//! The chain alone cannot show that its end was cut, or that all of it was rewritten: only a known head can. Without one the
//! report says so, and its exit code is 3. An entry appended after the known head is always taken for a legitimate one.

mod diagnose;
mod outcome;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::origin_of;
use crate::entry::Entry;
use crate::entry::EntryError;
use crate::entry::Fact;
use crate::entry::Kind;
use crate::entry::Summary;
use crate::entry::hash_body;
use crate::entry::scan;
use crate::hash::Hash;
use crate::merkle::Frontier;
use crate::scalar::Identity;
use crate::scalar::Timestamp;
use diagnose::Finding;
use diagnose::diagnose;

pub use outcome::Failure;
pub use outcome::FailureKind;
pub use outcome::Report;

/// A row of the ledger as the database, or a bundle, holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub seq: u64,
    /// Hash of the entry before.
    pub prev: Hash,
    /// The entry's canonical bytes.
    pub body: Vec<u8>,
    /// Hash of the body.
    pub hash: Hash,
    /// When the server stored it, if known.
    pub appended_at: Option<Timestamp>,
}

impl Stored {
    /// A row from columns as a database returns them, which a superuser may have filled with anything.
    ///
    /// # Errors
    /// With kind `Altered` if the number is negative, a hash is not 32 bytes, or the time is not one.
    pub fn from_columns(
        seq: i64,
        prev: &[u8],
        body: Vec<u8>,
        hash: &[u8],
        appended_at: Option<&str>,
    ) -> Result<Self, Failure> {
        let altered = |column: &str| {
            Failure::new(
                FailureKind::Altered,
                vec![seq.unsigned_abs()],
                format!("entry {seq}: column `{column}` is damaged"),
            )
        };
        Ok(Self {
            seq: u64::try_from(seq).map_err(|_| altered("seq"))?,
            prev: Hash::try_from(prev).map_err(|_| altered("prev"))?,
            body,
            hash: Hash::try_from(hash).map_err(|_| altered("hash"))?,
            appended_at: appended_at
                .map(str::parse)
                .transpose()
                .map_err(|_| altered("appended_at"))?,
        })
    }
}

/// Verifies `rows`, in the order in which they are stored, against `known` checkpoints from elsewhere.
///
/// # Errors
/// If the rows contradict themselves or a known checkpoint.
pub fn verify(
    rows: impl IntoIterator<Item = Stored>,
    known: &[Checkpoint],
) -> Result<Report, Failure> {
    let mut verifier = Verifier::new(known);
    for row in rows {
        verifier.push(&row);
    }
    verifier.finish()
}

/// Verification row by row, for callers that receive rows one at a time. Keeps 32 bytes of each.
#[derive(Debug)]
pub struct Verifier {
    known: Vec<Checkpoint>,
    /// Known checkpoints before this one are compared.
    next_known: usize,
    conflict: Option<Failure>,
    frontier: Frontier,
    hashes: Vec<Hash>,
    ends: Option<Ends>,
    /// What was found from the first row on that does not fit; empty while all fit.
    findings: Vec<Finding>,
}

/// What is kept of the first and the last entry.
#[derive(Debug, Clone, Copy)]
struct Ends {
    identity: Identity,
    first: Timestamp,
    last: Timestamp,
}

impl Verifier {
    /// Begins; `known` are checkpoints from elsewhere, in any order.
    #[must_use]
    pub fn new(known: &[Checkpoint]) -> Self {
        let mut known = known.to_vec();
        known.sort_by_key(|checkpoint| checkpoint.size);
        let next_known = known
            .iter()
            .take_while(|checkpoint| checkpoint.size == 0)
            .count();
        Self {
            known,
            next_known,
            conflict: None,
            frontier: Frontier::default(),
            hashes: Vec::new(),
            ends: None,
            findings: Vec::new(),
        }
    }

    /// Takes the next row. What is wrong with it is told by [`Self::finish`].
    pub fn push(&mut self, row: &Stored) {
        if self.is_settled() {
            return;
        }
        let inspected = inspect(row);
        match &inspected {
            Ok(summary) if self.findings.is_empty() && self.fits(row, summary) => {
                self.accept(row, summary)
            }
            _ => self.findings.push(Finding {
                row_seq: row.seq,
                hash: row.hash,
                inspected,
            }),
        }
    }

    /// Whether an altered row was found: nothing that follows can change the verdict.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let last = self.findings.last().map(|finding| &finding.inspected);
        matches!(last, Some(Err(flaw)) if flaw.kind == FailureKind::Altered)
    }

    /// Whether a row so far does not fit.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !self.findings.is_empty()
    }

    /// The verdict over all rows.
    ///
    /// # Errors
    /// If they contradict themselves or a known checkpoint.
    pub fn finish(self) -> Result<Report, Failure> {
        if self.is_broken() {
            return Err(diagnose(&self.hashes, &self.findings));
        }
        let (Some(ends), Some(head)) = (self.ends, self.hashes.last()) else {
            return Err(Failure::new(
                FailureKind::Truncated,
                vec![],
                "the ledger has no entry, not even the first, `target.enrolled`".into(),
            ));
        };
        self.check_origins(&ends.identity)?;
        if let Some(conflict) = self.conflict {
            return Err(conflict);
        }
        let entries = self.frontier.size();
        check_reach(&self.known, entries)?;
        let compared = self.known.iter().any(|checkpoint| checkpoint.size > 0);
        Ok(Report {
            entries,
            head: *head,
            root: self.frontier.root(),
            first: ends.first,
            last: ends.last,
            identity: ends.identity,
            compared,
        })
    }

    /// Whether a sound row is the next of the chain.
    fn fits(&self, row: &Stored, summary: &Summary) -> bool {
        let head = self.hashes.last().copied().unwrap_or(Hash::ZERO);
        row.seq == summary.seq
            && summary.seq == self.frontier.size() + 1
            && summary.prev == head
            && (self.ends.is_some() || summary.kind == Kind::TargetEnrolled)
    }

    fn accept(&mut self, row: &Stored, summary: &Summary) {
        self.hashes.push(row.hash);
        self.frontier.push(row.hash);
        match &mut self.ends {
            Some(ends) => ends.last = summary.server_at,
            None => {
                self.ends = enrolled_identity(&row.body).map(|identity| Ends {
                    identity,
                    first: summary.server_at,
                    last: summary.server_at,
                })
            }
        }
        self.compare_known();
    }

    /// Compares the root with every known one of the size just reached.
    fn compare_known(&mut self) {
        while let Some(known) = self
            .known
            .get(self.next_known)
            .filter(|known| known.size == self.frontier.size())
        {
            let root = self.frontier.root();
            if root != known.root && self.conflict.is_none() {
                let message = format!(
                    "at {} entries the root is {root}, but the known checkpoint says {}",
                    known.size, known.root
                );
                self.conflict = Some(Failure::new(FailureKind::Forked, vec![], message));
            }
            self.next_known += 1;
        }
    }

    fn check_origins(&self, identity: &Identity) -> Result<(), Failure> {
        let origin = origin_of(identity);
        match self.known.iter().find(|known| known.origin() != origin) {
            Some(known) => {
                let message = format!(
                    "the known checkpoint is of ledger `{}`, and this is `{origin}`",
                    known.origin()
                );
                Err(Failure::new(FailureKind::Forked, vec![], message))
            }
            None => Ok(()),
        }
    }
}

fn check_reach(known: &[Checkpoint], entries: u64) -> Result<(), Failure> {
    match known.last() {
        Some(largest) if largest.size > entries => {
            let message = format!(
                "the ledger has {entries} entries, but a known checkpoint covers {}",
                largest.size
            );
            Err(Failure::new(FailureKind::Truncated, vec![], message))
        }
        _ => Ok(()),
    }
}

/// The identity that a first entry enrols.
pub fn enrolled_identity(body: &[u8]) -> Option<Identity> {
    match Entry::from_body(body).ok()?.fact {
        Fact::TargetEnrolled(fact) => Some(fact.identity),
        _ => None,
    }
}

/// What is wrong with a row by itself.
#[derive(Debug, Clone)]
pub(crate) struct Flaw {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl Flaw {
    fn altered(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Altered,
            message: message.into(),
        }
    }
}

/// Judges a row by itself: its number is left to the chain, since a row that was moved has a sound body.
fn inspect(row: &Stored) -> Result<Summary, Flaw> {
    if hash_body(&row.body) != row.hash {
        return Err(Flaw::altered("its body does not have the recorded hash"));
    }
    let summary = scan(&row.body).map_err(|error| explain(&row.body, &error.to_string()))?;
    if summary.prev != row.prev {
        return Err(Flaw::altered("its `prev` is not the one in its body"));
    }
    if row
        .appended_at
        .is_some_and(|time| time != summary.server_at)
    {
        return Err(Flaw::altered("its time is not the one in its body"));
    }
    Ok(summary)
}

/// Says more of a body that the fast check refused.
fn explain(body: &[u8], refused: &str) -> Flaw {
    match Entry::from_body(body) {
        Err(error @ (EntryError::Version { .. } | EntryError::Kind { .. })) => Flaw {
            kind: FailureKind::Unsupported,
            message: error.to_string(),
        },
        Err(error) => Flaw::altered(error.to_string()),
        Ok(_) => Flaw::altered(refused),
    }
}
