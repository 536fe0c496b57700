//! The migration directory, read beside other work: a thousand files take as long as a connection.

use std::cell::{Cell, OnceCell};
use std::thread::JoinHandle;

use enact_engine::project::{Problem, Project, Stream, StreamSource};

type Read = Result<Stream, Vec<Problem>>;

/// A migration directory that is being read, or has been.
pub struct Reading {
    source: StreamSource,
    thread: Cell<Option<JoinHandle<Read>>>,
    stream: OnceCell<Stream>,
}

impl Reading {
    /// Begins to read the directory of the project's own stream.
    pub fn begin(project: &Project) -> Self {
        let source = project.stream_source();
        let own = source.clone();
        let thread = std::thread::Builder::new().spawn(move || Stream::read(&own));
        Self {
            source,
            thread: Cell::new(thread.ok()),
            stream: OnceCell::new(),
        }
    }

    /// What was read; waits for it.
    ///
    /// # Errors
    /// Every problem of the directory.
    pub fn stream(&self) -> Result<&Stream, Vec<Problem>> {
        if let Some(stream) = self.stream.get() {
            return Ok(stream);
        }
        let read = self.thread.take().and_then(|thread| thread.join().ok());
        // Without a thread, or if it died, the work is done here.
        let stream = read.unwrap_or_else(|| Stream::read(&self.source))?;
        Ok(self.stream.get_or_init(|| stream))
    }
}
