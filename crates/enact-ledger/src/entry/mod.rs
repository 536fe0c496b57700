//! Entries: who stated what, when, with which tool, after which entry.

pub mod fact;
mod scan;
pub(crate) mod wire;

pub use fact::Fact;
pub use fact::Kind;
pub(crate) use scan::Summary;
pub(crate) use scan::scan;

use crate::canonical;
use crate::canonical::CanonicalError;
use crate::canonical::Value;
use crate::hash::Hash;
use crate::scalar::Timestamp;
use crate::text::Text;
use wire::Fields;
use wire::Wire;
use wire::record;

/// The format version that this crate writes and reads.
pub const FORMAT_VERSION: i64 = 1;

/// What a draft (see [`Entry::to_body`]) has for the time that the server will fill in.
///
/// It occurs exactly once in a draft, as [`PREV_PLACEHOLDER`] does: no fact has a field of this name, and quotes inside
/// strings are escaped, so that no string can spell it.
pub const SERVER_AT_PLACEHOLDER: &str = r#""server_at":"0000-00-00T00:00:00.000000Z""#;

/// What a draft has for the hash of the entry before, which the server fills in too: the next entry may be on its way
/// before the answer to this one, with this one's hash in it, is here.
pub const PREV_PLACEHOLDER: &str =
    r#""prev":"sha256:0000000000000000000000000000000000000000000000000000000000000000""#;

record! {
    /// Who acted.
    pub struct Actor {
        /// The person.
        person: Text,
        /// The database role.
        role: Text,
        /// The host on which the tool ran.
        host: Text,
    }
}

record! {
    /// With what.
    pub struct Tool {
        /// Version of the tool.
        version: Text,
        /// SHA-256 of its binary.
        digest: Hash,
    }
}

/// One entry of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position, from 1 without gaps.
    pub seq: u64,
    /// [`hash_body`] of the entry before; [`Hash::ZERO`] for the first, and in a draft.
    pub prev: Hash,
    /// Time by the client's clock.
    pub at: Timestamp,
    /// Time by the server's clock; `None` until the server has filled it in.
    pub server_at: Option<Timestamp>,
    /// Who acted.
    pub actor: Actor,
    /// With what.
    pub tool: Tool,
    /// The run that it belongs to.
    pub run: Option<Text>,
    /// What is stated.
    pub fact: Fact,
}

impl Entry {
    /// The kind of its fact.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.fact.kind()
    }

    /// The canonical bytes. Those of a draft, which is an entry without `server_at`, carry [`SERVER_AT_PLACEHOLDER`] and
    /// [`PREV_PLACEHOLDER`].
    ///
    /// # Errors
    /// If an integer exceeds 2^53-1: everything else is canonical by its type.
    pub fn to_body(&self) -> Result<Vec<u8>, CanonicalError> {
        let server_at = self
            .server_at
            .map_or(Value::text("0000-00-00T00:00:00.000000Z"), |time| {
                time.to_value()
            });
        let prev = self.server_at.map_or(Hash::ZERO, |_| self.prev);
        let mut fields = vec![
            ("actor", self.actor.to_value()),
            ("at", self.at.to_value()),
            ("fact", self.fact.to_value()),
            ("kind", self.kind().to_value()),
            ("prev", prev.to_value()),
            ("seq", self.seq.to_value()),
            ("server_at", server_at),
            ("tool", self.tool.to_value()),
            ("v", Value::Integer(FORMAT_VERSION)),
        ];
        fields.extend(self.run.to_field().map(|run| ("run", run)));
        Value::object(fields).to_bytes()
    }

    /// Reads a stored body, strictly: the time of the server must be filled in.
    ///
    /// # Errors
    /// If the bytes are not canonical, the version or the kind is not known, or any field is missing, unknown or not of its form.
    pub fn from_body(body: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::of(canonical::parse(body)?)?;
        check_version(&fields.take_value("v")?)?;
        let kind = take_kind(&mut fields)?;
        let fact = Fact::from_value(kind, fields.take_value("fact")?)
            .map_err(|error| error.under("fact"))?;
        let entry = Self {
            seq: fields.take("seq")?,
            prev: fields.take("prev")?,
            at: fields.take("at")?,
            server_at: Some(fields.take("server_at")?),
            actor: fields.take("actor")?,
            tool: fields.take("tool")?,
            run: fields.take("run")?,
            fact,
        };
        fields.finish()?;
        Ok(entry)
    }
}

fn check_version(version: &Value) -> Result<(), EntryError> {
    match version {
        Value::Integer(FORMAT_VERSION) => Ok(()),
        Value::Integer(found) if *found > FORMAT_VERSION => {
            Err(EntryError::Version { found: *found })
        }
        _ => Err(EntryError::field(FieldProblem::Value).under("v")),
    }
}

fn take_kind(fields: &mut Fields) -> Result<Kind, EntryError> {
    let found: Text = fields.take("kind")?;
    found.parse().map_err(|_| EntryError::Kind {
        found: found.into_string(),
    })
}

/// The leaf hash of RFC 6962, SHA-256(0x00 || body): the entry's `hash`, the next entry's `prev`, and the Merkle leaf.
#[must_use]
pub fn hash_body(body: &[u8]) -> Hash {
    Hash::of_parts(&[&[0], body])
}

/// Fills into a draft what the database's append function fills in: the hash of the entry before, and the server's time.
/// `None` unless each placeholder occurs exactly once.
#[must_use]
pub fn stamp(draft: &[u8], prev: &Hash, server_at: &Timestamp) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(draft).ok()?;
    let (before, rest) = split_at_only(text, PREV_PLACEHOLDER)?;
    let (between, after) = split_at_only(rest, SERVER_AT_PLACEHOLDER)?;
    Some(
        format!(r#"{before}"prev":"{prev}"{between}"server_at":"{server_at}"{after}"#).into_bytes(),
    )
}

/// What is before and after `mark`, which occurs once.
fn split_at_only<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str)> {
    let parts = text.split_once(mark)?;
    (!parts.1.contains(mark)).then_some(parts)
}

/// Why a body is not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are not canonical.
    #[error("body is not canonical: {0}")]
    Canonical(#[from] CanonicalError),
    /// A field is not as the format demands.
    #[error("field `{path}` {problem}")]
    Field {
        /// Where, such as `fact.steps.0.number`.
        path: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// A newer format.
    #[error("format version {found} is not supported")]
    Version {
        /// The version stated.
        found: i64,
    },
    /// A kind of a newer Enact.
    #[error("kind `{found}` is not known")]
    Kind {
        /// The kind stated.
        found: String,
    },
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// The format has no such field.
    #[error("is not known")]
    Unknown,
    /// It is text where a number should be, or the like.
    #[error("has a wrong type")]
    Type,
    /// Its value does not have the form demanded.
    #[error("has a value that is not allowed")]
    Value,
}

impl EntryError {
    pub(crate) fn field(problem: FieldProblem) -> Self {
        Self::Field {
            path: String::new(),
            problem,
        }
    }

    /// The same error, seen from the object that has it in field `name`.
    pub(crate) fn under(self, name: &str) -> Self {
        match self {
            Self::Field { path, problem } if path.is_empty() => Self::Field {
                path: name.to_owned(),
                problem,
            },
            Self::Field { path, problem } => Self::Field {
                path: format!("{name}.{path}"),
                problem,
            },
            other => other,
        }
    }
}
