//! Checkpoints: a ledger's size and root in the text form of C2SP tlog-checkpoint, to be kept outside the database.
//!
//! ```text
//! enact/0d1f5a3c-1111-4222-8333-abcdefabcdef
//! 40
//! qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=
//! ```
//!
//! Signature lines of a signed note may follow after an empty line. They are kept, and not verified here.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;
use crate::scalar::Identity;

/// A statement of a ledger's size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    /// Entries that the root covers.
    pub size: u64,
    /// Merkle root over them.
    pub root: Hash,
    signatures: Vec<String>,
}

/// The origin of a target's ledger, `enact/<identity>`.
#[must_use]
pub fn origin_of(identity: &Identity) -> String {
    format!("enact/{identity}")
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text ends before the third line does.
    #[error("checkpoint is incomplete: it needs three lines, each with its line end")]
    Incomplete,
    /// The first line is empty or has control characters.
    #[error("checkpoint's origin (line 1) is not valid")]
    Origin,
    /// The second line is not a decimal number without leading zeros.
    #[error("checkpoint's size (line 2) is not a number")]
    Size,
    /// The third line is not 32 bytes in base64.
    #[error("checkpoint's root (line 3) is not 32 bytes in base64")]
    Root,
    /// What follows is not an empty line and signature lines.
    #[error("what follows the checkpoint's three lines is not an empty line and signature lines")]
    Signatures,
}

impl Checkpoint {
    /// The checkpoint of a target's ledger.
    #[must_use]
    pub fn new(identity: &Identity, size: u64, root: Hash) -> Self {
        Self {
            origin: origin_of(identity),
            size,
            root,
            signatures: Vec::new(),
        }
    }

    /// Whose ledger it speaks of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The signature lines as read, not verified.
    #[must_use]
    pub fn signatures(&self) -> &[String] {
        &self.signatures
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.0)
        )?;
        if !self.signatures.is_empty() {
            f.write_str("\n")?;
        }
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut rest = text;
        let origin = take_line(&mut rest)?;
        let size = take_line(&mut rest)?;
        let root = take_line(&mut rest)?;
        if origin.is_empty() || origin.chars().any(char::is_control) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: parse_size(size)?,
            root: parse_root(root)?,
            signatures: parse_signatures(rest)?,
        })
    }
}

fn take_line<'a>(rest: &mut &'a str) -> Result<&'a str, CheckpointError> {
    let (line, after) = rest.split_once('\n').ok_or(CheckpointError::Incomplete)?;
    *rest = after;
    Ok(line)
}

fn parse_size(line: &str) -> Result<u64, CheckpointError> {
    let plain =
        line.bytes().all(|byte| byte.is_ascii_digit()) && (line == "0" || !line.starts_with('0'));
    let size = line.parse().map_err(|_| CheckpointError::Size)?;
    if plain {
        Ok(size)
    } else {
        Err(CheckpointError::Size)
    }
}

fn parse_root(line: &str) -> Result<Hash, CheckpointError> {
    let bytes = STANDARD.decode(line).map_err(|_| CheckpointError::Root)?;
    Hash::try_from(bytes.as_slice()).map_err(|_| CheckpointError::Root)
}

fn parse_signatures(rest: &str) -> Result<Vec<String>, CheckpointError> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let lines = rest
        .strip_prefix('\n')
        .and_then(|lines| lines.strip_suffix('\n'))
        .ok_or(CheckpointError::Signatures)?;
    lines
        .split('\n')
        .map(|line| {
            is_signature(line)
                .then(|| line.to_owned())
                .ok_or(CheckpointError::Signatures)
        })
        .collect()
}

/// `— <key name> <base64>`, where the base64 begins with a four-byte key identifier.
fn is_signature(line: &str) -> bool {
    let parse = || {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        Some(
            bytes.len() > 4
                && !name.is_empty()
                && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+'),
        )
    };
    parse().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "enact/0d1f5a3c-1111-4222-8333-abcdefabcdef\n40\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n";

    #[test]
    fn text_form_round_trips() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        assert_eq!(checkpoint.size, 40);
        assert_eq!(checkpoint.to_string(), TEXT);
        let signed = format!(
            "{TEXT}\n\u{2014} example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        );
        let checkpoint: Checkpoint = signed.parse().unwrap();
        assert_eq!(checkpoint.signatures().len(), 1);
        assert_eq!(checkpoint.to_string(), signed);
    }

    #[test]
    fn every_other_form_is_refused() {
        let error = |text: &str| text.parse::<Checkpoint>().unwrap_err();
        for end in 0..TEXT.len() {
            assert_eq!(
                error(&TEXT[..end]),
                CheckpointError::Incomplete,
                "cut at {end}"
            );
        }
        assert_eq!(error(&TEXT.replace("40", "040")), CheckpointError::Size);
        assert_eq!(error(&TEXT.replace("40", "+40")), CheckpointError::Size);
        assert_eq!(error(&TEXT.replace("40", "")), CheckpointError::Size);
        assert_eq!(
            error(&TEXT.replace("40", "18446744073709551616")),
            CheckpointError::Size
        );
        assert_eq!(error(&TEXT.replace("Vcs=", "Vct=")), CheckpointError::Root);
        assert_eq!(error(&TEXT.replace("Vcs=", "Vcs")), CheckpointError::Root);
        assert_eq!(error(&TEXT.replace("qINS", "")), CheckpointError::Root);
        assert_eq!(error(&TEXT.replace('\n', "\r\n")), CheckpointError::Origin);
        assert_eq!(error(&format!("\n{TEXT}")), CheckpointError::Origin);
        for tail in [
            "extension\n",
            "\n",
            "\n\u{2014} name AAAA",
            "\n- name AAAAAAAA\n",
            "\n\u{2014} name AAAA\n",
            "\n\n",
            "\n\u{2014} AAAAAAAA\n",
        ] {
            assert_eq!(
                error(&format!("{TEXT}{tail}")),
                CheckpointError::Signatures,
                "{tail:?}"
            );
        }
    }
}
