//! The person who acts, as records name them. To find out may take as long as a connection, and a command that records
//! nothing does not need to know.

use std::fmt;
use std::sync::Arc;

/// How to find out who acts.
#[derive(Clone)]
pub struct Person {
    prepare: Arc<dyn Fn() + Send + Sync>,
    name: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Person {
    /// A person whose name is found out by `name`, called once something is to be recorded. Some time before, `prepare` is
    /// called, so that the work can begin beside other work.
    pub fn new(
        prepare: impl Fn() + Send + Sync + 'static,
        name: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            prepare: Arc::new(prepare),
            name: Arc::new(name),
        }
    }

    /// A person whose name is known.
    #[must_use]
    pub fn known(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::new(|| {}, move || name.clone())
    }

    /// Something will be recorded soon.
    pub(crate) fn prepare(&self) {
        (self.prepare)();
    }

    /// As records name them.
    pub(crate) fn name(&self) -> String {
        (self.name)()
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person")
    }
}
