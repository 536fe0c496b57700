//! When a connection is to be cut.

use super::frames::Frames;

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// The moment of a cut, counted on each connection by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The client's messages before the `k`th (from 1, the startup message is one) reach the server.
    BeforeMessage(u64),
    /// The client's messages up to the `k`th reach the server, but nothing that is answered from then on
    /// reaches the client: it cannot know the outcome.
    AfterMessage(u64),
    /// So many bytes have gone in the direction.
    Bytes(Direction, u64),
}

/// A cut to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The connection by its number from 0 in order of arrival; `None` is every one.
    pub connection: Option<usize>,
    /// When.
    pub moment: Moment,
}

/// How much of a chunk passes before the cut, if it is cut.
pub(super) fn allowed(
    cuts: &[Cut],
    direction: Direction,
    before: &Progress,
    chunk: &[u8],
) -> Option<usize> {
    let limits = cuts
        .iter()
        .filter_map(|cut| limit(*cut, direction, before, chunk));
    limits.min()
}

/// What one connection has carried so far in one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub bytes: u64,
    pub frames: Frames,
}

fn limit(cut: Cut, way: Direction, before: &Progress, chunk: &[u8]) -> Option<usize> {
    match cut.moment {
        Moment::Bytes(direction, most) if direction == way => {
            let left = usize::try_from(most.saturating_sub(before.bytes)).unwrap_or(usize::MAX);
            (left <= chunk.len()).then_some(left)
        }
        Moment::BeforeMessage(k) if way == Direction::ToServer => {
            before.frames.clone().start_of(k, chunk)
        }
        Moment::AfterMessage(k) if way == Direction::ToServer => {
            before.frames.clone().end_of(k, chunk)
        }
        _ => None,
    }
}
