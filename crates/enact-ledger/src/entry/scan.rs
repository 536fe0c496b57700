//! The fast way to check a body: one pass, nothing built. It accepts exactly what [`super::Entry::from_body`] accepts.

use super::Actor;
use super::Kind;
use super::Tool;
use super::wire::Shape;
use super::wire::Wire;
use crate::canonical::CanonicalError;
use crate::canonical::Problem;
use crate::canonical::Scanner;
use crate::hash::Hash;
use crate::scalar::Timestamp;
use crate::text::Text;

/// What verification needs of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) seq: u64,
    pub(crate) prev: Hash,
    pub(crate) server_at: Timestamp,
    pub(crate) kind: Kind,
}

const ACTOR: Shape = Actor::SHAPE;
const TOOL: Shape = Tool::SHAPE;

/// Proves that `body` is a canonical entry of a known kind with exactly its fields.
pub(crate) fn scan(body: &[u8]) -> Result<Summary, CanonicalError> {
    let mut scanner = Scanner::new(body)?;
    scanner.expect(b"{\"actor\":")?;
    ACTOR.check(&mut scanner)?;
    scanner.expect(b",\"at\":")?;
    read::<Timestamp>(&mut scanner)?;
    scanner.expect(b",\"fact\":")?;
    let mut fact = scanner.clone();
    scanner.skip_value()?;
    let after_fact = scanner.offset();
    scanner.expect(b",\"kind\":")?;
    let kind: Kind = read(&mut scanner)?;
    kind.shape().check(&mut fact)?;
    if fact.offset() != after_fact {
        return Err(fact.error(Problem::Unexpected));
    }
    scanner.expect(b",\"prev\":")?;
    let prev = read(&mut scanner)?;
    if scanner.take(b",\"run\":") {
        Text::SHAPE.check(&mut scanner)?;
    }
    scanner.expect(b",\"seq\":")?;
    let refused = scanner.error(Problem::Shape);
    let seq = u64::try_from(scanner.integer()?).map_err(|_| refused)?;
    scanner.expect(b",\"server_at\":")?;
    let server_at = read(&mut scanner)?;
    scanner.expect(b",\"tool\":")?;
    TOOL.check(&mut scanner)?;
    scanner.expect(b",\"v\":1}")?;
    scanner.end()?;
    Ok(Summary {
        seq,
        prev,
        server_at,
        kind,
    })
}

fn read<T: std::str::FromStr>(scanner: &mut Scanner<'_>) -> Result<T, CanonicalError> {
    let refused = scanner.error(Problem::Shape);
    scanner.string()?.parse().map_err(|_| refused)
}
