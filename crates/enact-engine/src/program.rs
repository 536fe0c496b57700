//! The program that works, as records name it. Its digest takes milliseconds to work out, and a command that records
//! nothing does not need it.

use std::fmt;
use std::io;
use std::sync::Arc;

use enact_ledger::{Hash, Tool};

use crate::run::RunError;

type Digest = dyn Fn() -> io::Result<Hash> + Send + Sync;

/// Version of the program, and how to get the digest of its binary.
#[derive(Clone)]
pub struct Program {
    /// Version.
    pub version: String,
    prepare: Arc<dyn Fn() + Send + Sync>,
    digest: Arc<Digest>,
}

impl Program {
    /// A program whose digest is worked out by `digest`, called once something is to be recorded. Some time before,
    /// `prepare` is called, perhaps more than once, so that the work can begin beside other work.
    pub fn new(
        version: impl Into<String>,
        prepare: impl Fn() + Send + Sync + 'static,
        digest: impl Fn() -> io::Result<Hash> + Send + Sync + 'static,
    ) -> Self {
        Self {
            version: version.into(),
            prepare: Arc::new(prepare),
            digest: Arc::new(digest),
        }
    }

    /// A program whose digest is known.
    #[must_use]
    pub fn known(version: impl Into<String>, digest: Hash) -> Self {
        Self::new(version, || {}, move || Ok(digest))
    }

    /// Something will be recorded soon. A caller that knows so before the engine does saves time by saying it.
    pub fn prepare(&self) {
        (self.prepare)();
    }

    /// As records name it.
    ///
    /// # Errors
    /// When the binary cannot be read.
    pub(crate) fn tool(&self) -> Result<Tool, RunError> {
        let digest = (self.digest)().map_err(RunError::Program)?;
        Ok(Tool {
            version: self.version.as_str().into(),
            digest,
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.version).finish()
    }
}
