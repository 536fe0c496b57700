//! The streams of a repository together.

use enact_release::Package;

use super::layout::Stream;
use super::names::StreamNumber;

/// The streams whose files a repository has, in the order in which they are applied: the core of the release it is
/// pinned to, then its own.
#[derive(Debug, Clone)]
pub struct Streams {
    core: Option<PinnedCore>,
    own: Stream,
}

/// The core as the lock file names it.
#[derive(Debug, Clone)]
pub struct PinnedCore {
    /// Its migrations.
    pub stream: Stream,
    /// The release.
    pub package: Package,
}

impl PinnedCore {
    /// Version of the release.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.package.manifest.version
    }
}

impl Streams {
    /// A repository that knows of no other stream than its own.
    #[must_use]
    pub fn alone(own: Stream) -> Self {
        Self { core: None, own }
    }

    /// A repository that builds on a core release.
    #[must_use]
    pub fn on(core: PinnedCore, own: Stream) -> Self {
        Self {
            core: Some(core),
            own,
        }
    }

    /// The repository's own stream.
    #[must_use]
    pub fn own(&self) -> &Stream {
        &self.own
    }

    /// The core that the repository builds on.
    #[must_use]
    pub fn core(&self) -> Option<&PinnedCore> {
        self.core.as_ref()
    }

    /// Version of the core release that the repository is pinned to.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.core.as_ref().map(PinnedCore::version)
    }

    /// Whether the rollbacks of a stream were proven on this major version of PostgreSQL before it was released.
    #[must_use]
    pub fn is_proven(&self, stream: &str, major: u32) -> bool {
        let core = self.core.as_ref();
        core.is_some_and(|core| {
            let mut proven = core.package.manifest.majors();
            core.stream.name() == stream && proven.any(|proven| proven == major)
        })
    }

    /// All streams, in the order in which they are applied.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Stream> {
        let core = self.core.as_ref().map(|core| &core.stream);
        core.into_iter().chain([&self.own])
    }

    /// The stream of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Stream> {
        self.iter().find(|stream| stream.name() == name)
    }

    /// The name of the stream that a place is in: the repository's own where it names none.
    #[must_use]
    pub fn named<'a>(&'a self, place: &'a StreamNumber) -> &'a str {
        let name = place.stream.as_ref();
        name.map_or(self.own.name(), |name| name.as_str())
    }
}
