//! This program, as records name it: version and digest of the binary.

use std::fs::File;
use std::io::{self, Read};
use std::thread::JoinHandle;

use enact_engine::exit::Exit;
use enact_ledger::{Hash, Tool};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// Version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the connections of commands that only read call themselves.
pub fn application() -> String {
    format!("enact/{VERSION}")
}

/// The digest being computed, beside other work.
#[derive(Debug)]
pub struct Digesting(JoinHandle<io::Result<Hash>>);

impl Digesting {
    /// Begins.
    pub fn begin() -> Self {
        Self(std::thread::spawn(digest))
    }

    /// Waits for the digest.
    ///
    /// # Errors
    /// When the binary cannot be read any more.
    pub fn tool(self) -> Result<Tool, Failure> {
        let digest = self.0.join().unwrap_or_else(|_| {
            Err(io::Error::other(
                "the thread that reads the program has died",
            ))
        });
        let digest = digest.map_err(|error| {
            Failure::new(
                Exit::Unexpected,
                format!("this program cannot read itself, and records name its digest: {error}"),
            )
        })?;
        Ok(Tool {
            version: VERSION.into(),
            digest,
        })
    }
}

fn digest() -> io::Result<Hash> {
    // The running file, even if another one stands in its place by now.
    let running = File::open("/proc/self/exe");
    let mut file = running.or_else(|_| File::open(std::env::current_exe()?))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok(Hash(hasher.finalize().into()))
}
