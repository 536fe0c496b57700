//! Rows to a bundle.

use std::io;
use std::io::Write;

use sha2::Digest;
use sha2::Sha256;

use super::MAGIC;
use super::VERSION;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::origin_of;
use crate::entry::hash_body;
use crate::hash::Hash;
use crate::merkle::Frontier;
use crate::scalar::Identity;
use crate::verify::Stored;
use crate::verify::enrolled_identity;

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output did not take the bytes.
    #[error("write bundle: {0}")]
    Io(#[from] io::Error),
    /// A body with a line break, which no valid entry has: the ledger is to be verified first.
    #[error("entry {seq} is altered: its body has a line break")]
    Body {
        /// The row's number.
        seq: u64,
    },
    /// There is no first entry that says whose ledger it is.
    #[error("the ledger does not begin with `target.enrolled`")]
    NotEnrolled,
}

/// Writes a bundle row by row.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    hasher: Sha256,
    identity: Identity,
    frontier: Frontier,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle of the ledger of the target `identity`.
    ///
    /// # Errors
    /// If the output fails.
    pub fn new(out: W, identity: &Identity) -> Result<Self, WriteError> {
        let mut writer = Self {
            out,
            hasher: Sha256::new(),
            identity: *identity,
            frontier: Frontier::default(),
        };
        writer.put(format!("{MAGIC}{VERSION}\norigin {}\n", origin_of(identity)).as_bytes())?;
        Ok(writer)
    }

    /// Adds the next row, as it is stored.
    ///
    /// # Errors
    /// If the output fails or the body has a line break.
    pub fn push(&mut self, row: &Stored) -> Result<(), WriteError> {
        if row.body.contains(&b'\n') {
            return Err(WriteError::Body { seq: row.seq });
        }
        let time = row.appended_at.as_ref().map_or("-", |time| time.as_str());
        let mut line = format!("entry {} {} {} {time} ", row.seq, row.prev, row.hash).into_bytes();
        line.extend_from_slice(&row.body);
        line.push(b'\n');
        self.frontier.push(hash_body(&row.body));
        self.put(&line)
    }

    /// Ends the bundle and returns its closing checkpoint.
    ///
    /// # Errors
    /// If the output fails.
    pub fn finish(mut self) -> Result<Checkpoint, WriteError> {
        let checkpoint =
            Checkpoint::new(&self.identity, self.frontier.size(), self.frontier.root());
        for line in checkpoint.to_string().lines() {
            self.put(format!("checkpoint {line}\n").as_bytes())?;
        }
        let digest = Hash(self.hasher.finalize().into());
        writeln!(self.out, "end {digest}")?;
        self.out.flush()?;
        Ok(checkpoint)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hasher.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

/// Writes `rows`, a whole ledger, as a bundle, and returns its closing checkpoint.
///
/// # Errors
/// If the output fails, a body has a line break, or the first row enrols no target.
pub fn write(
    out: impl Write,
    rows: impl IntoIterator<Item = Stored>,
) -> Result<Checkpoint, WriteError> {
    let mut rows = rows.into_iter();
    let first = rows.next().ok_or(WriteError::NotEnrolled)?;
    let identity = enrolled_identity(&first.body).ok_or(WriteError::NotEnrolled)?;
    let mut writer = Writer::new(out, &identity)?;
    writer.push(&first)?;
    for row in rows {
        writer.push(&row)?;
    }
    writer.finish()
}
