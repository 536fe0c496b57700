//! The migration directories, read beside other work: a thousand files take as long as a connection.

use std::cell::{Cell, OnceCell};
use std::thread::JoinHandle;

use enact_engine::project::{Problem, Project, Streams};

type Read = Result<Streams, Vec<Problem>>;

/// The streams of a repository, which are being read or have been.
pub struct Reading {
    project: Project,
    thread: Cell<Option<JoinHandle<Read>>>,
    streams: OnceCell<Streams>,
}

impl Reading {
    /// Begins to read the directories of the project's streams.
    pub fn begin(project: &Project) -> Self {
        let own = project.clone();
        let thread = std::thread::Builder::new().spawn(move || own.streams());
        Self {
            project: project.clone(),
            thread: Cell::new(thread.ok()),
            streams: OnceCell::new(),
        }
    }

    /// What was read; waits for it.
    ///
    /// # Errors
    /// Every problem of the directories.
    pub fn streams(&self) -> Result<&Streams, Vec<Problem>> {
        if let Some(streams) = self.streams.get() {
            return Ok(streams);
        }
        let read = self.thread.take().and_then(|thread| thread.join().ok());
        // Without a thread, or if it died, the work is done here.
        let streams = read.unwrap_or_else(|| self.project.streams())?;
        Ok(self.streams.get_or_init(|| streams))
    }
}
