//! A bundle to rows.

use std::io;
use std::io::BufRead;
use std::io::Read;
use std::str::FromStr;

use sha2::Digest;
use sha2::Sha256;

use super::MAGIC;
use super::VERSION;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::origin_of;
use crate::hash::Hash;
use crate::scalar::Identity;
use crate::verify::Stored;

/// The longest line that is read: far longer than any entry, and no danger to memory.
const MAX_LINE: u64 = 64 << 20;

/// Why a bundle cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input failed.
    #[error("read bundle: {0}")]
    Io(#[from] io::Error),
    /// The bundle ends before its last line does.
    #[error("the bundle ends in line {line}, before its closing line is complete")]
    Truncated {
        /// Line, from 1.
        line: u64,
    },
    /// A line does not have the form demanded.
    #[error("line {line} is not {expected}")]
    Malformed {
        /// Line, from 1.
        line: u64,
        /// What it should have been, with article.
        expected: &'static str,
    },
    /// The bundle is whole, and of a newer version.
    #[error("bundle version {found} is not supported")]
    Version {
        /// The version stated.
        found: u64,
    },
}

/// What closes a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The closing checkpoint.
    pub checkpoint: Checkpoint,
    /// Whether the last line has the digest of all bytes before it.
    pub digest_fits: bool,
}

/// Reads a bundle row by row. It checks the form; [`super::verify`] checks what the rows say.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    hasher: Sha256,
    /// The line last read, without its end; not yet hashed.
    line: Vec<u8>,
    number: u64,
    origin: String,
    closing: Option<Closing>,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read: the first two lines.
    ///
    /// # Errors
    /// If the input fails, or the lines are not those of a bundle of this version.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut reader = Self {
            input,
            hasher: Sha256::new(),
            line: Vec::new(),
            number: 0,
            origin: String::new(),
            closing: None,
        };
        reader.next_line()?;
        let version = parse_after::<u64>(&reader.line, MAGIC)
            .filter(|version| is_plain(&reader.line, MAGIC, *version));
        match version {
            Some(VERSION) => reader.absorb(),
            Some(found) if found > VERSION => return Err(reader.judge_newer(found)),
            _ => return Err(reader.malformed("the first line of a ledger bundle")),
        }
        reader.next_line()?;
        let identity: Option<Identity> = parse_after(&reader.line, "origin enact/");
        let identity = identity.ok_or_else(|| reader.malformed("the bundle's origin"))?;
        reader.origin = origin_of(&identity);
        reader.absorb();
        Ok(reader)
    }

    /// The origin that the bundle states.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What closes the bundle, once [`Self::next_row`] has returned `None`.
    #[must_use]
    pub fn closing(&self) -> Option<&Closing> {
        self.closing.as_ref()
    }

    /// The next row; `None` once the closing lines are read.
    ///
    /// # Errors
    /// If the input fails, ends too early, or has a line that does not belong there.
    pub fn next_row(&mut self) -> Result<Option<Stored>, ReadError> {
        if self.closing.is_some() {
            return Ok(None);
        }
        self.next_line()?;
        if self.line.starts_with(b"entry ") {
            let row = parse_row(&self.line).ok_or_else(|| self.malformed("a well-formed entry"))?;
            self.absorb();
            return Ok(Some(row));
        }
        self.read_closing()?;
        Ok(None)
    }

    fn read_closing(&mut self) -> Result<(), ReadError> {
        let mut note = String::new();
        while let Some(line) = parse_after::<String>(&self.line, "checkpoint ") {
            note.push_str(&line);
            note.push('\n');
            self.absorb();
            self.next_line()?;
        }
        let stated = self.closing_digest().ok_or_else(|| {
            self.malformed("an entry, the closing checkpoint or the closing line")
        })?;
        let digest_fits = Hash(self.hasher.clone().finalize().into()) == stated;
        let checkpoint = note
            .parse()
            .map_err(|_| self.malformed("preceded by a valid checkpoint"))?;
        self.expect_end()?;
        self.closing = Some(Closing {
            checkpoint,
            digest_fits,
        });
        Ok(())
    }

    fn closing_digest(&self) -> Option<Hash> {
        parse_after(&self.line, "end ")
    }

    fn expect_end(&mut self) -> Result<(), ReadError> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(());
        }
        Err(ReadError::Malformed {
            line: self.number + 1,
            expected: "allowed: the bundle ends before it",
        })
    }

    /// A newer version is believed only if the file is whole: else the version may be what was altered.
    fn judge_newer(mut self, found: u64) -> ReadError {
        let damaged = self.malformed("the first line of a ledger bundle");
        while self.closing_digest().is_none() {
            self.absorb();
            if let Err(error) = self.next_line() {
                return error;
            }
        }
        let whole = self.closing_digest() == Some(Hash(self.hasher.clone().finalize().into()));
        match self.expect_end() {
            Ok(()) if whole => ReadError::Version { found },
            _ => damaged,
        }
    }

    /// Reads a line, which must have its end.
    fn next_line(&mut self) -> Result<(), ReadError> {
        self.line.clear();
        self.number += 1;
        let read = self
            .input
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut self.line)?;
        match self.line.pop() {
            Some(b'\n') => Ok(()),
            _ if read as u64 == MAX_LINE => Err(self.malformed("of an acceptable length")),
            _ => Err(ReadError::Truncated { line: self.number }),
        }
    }

    /// Counts the line into the digest.
    fn absorb(&mut self) {
        self.line.push(b'\n');
        self.hasher.update(&self.line);
    }

    fn malformed(&self, expected: &'static str) -> ReadError {
        ReadError::Malformed {
            line: self.number,
            expected,
        }
    }
}

/// What follows `prefix` in `line`, parsed.
fn parse_after<T: FromStr>(line: &[u8], prefix: &str) -> Option<T> {
    std::str::from_utf8(line.strip_prefix(prefix.as_bytes())?)
        .ok()?
        .parse()
        .ok()
}

/// Whether the number after `prefix` is spelled without sign or leading zeros.
fn is_plain(line: &[u8], prefix: &str, number: u64) -> bool {
    line.strip_prefix(prefix.as_bytes())
        .is_some_and(|rest| rest == number.to_string().as_bytes())
}

fn parse_row(line: &[u8]) -> Option<Stored> {
    let mut fields = line.splitn(6, |byte| *byte == b' ').skip(1);
    let mut text = || std::str::from_utf8(fields.next()?).ok();
    let (seq, prev, hash, time) = (text()?, text()?, text()?, text()?);
    Some(Stored {
        seq: parse_seq(seq)?,
        prev: prev.parse().ok()?,
        hash: hash.parse().ok()?,
        appended_at: if time == "-" {
            None
        } else {
            Some(time.parse().ok()?)
        },
        body: fields.next()?.to_vec(),
    })
}

fn parse_seq(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}
