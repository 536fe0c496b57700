//! This program, as records name it: version and digest of the binary.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use enact_engine::program::Program;
use enact_ledger::Hash;
use sha2::{Digest, Sha256};

/// Version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Read at a time; the whole binary at once would be the largest thing in memory.
const CHUNK: usize = 64 << 10;

/// What the connections of commands that only read call themselves.
pub fn application() -> String {
    format!("enact/{VERSION}")
}

/// This program. Its digest is computed in a thread of its own once the engine says that it will be needed.
pub fn program() -> Program {
    let running: Arc<Mutex<Option<JoinHandle<io::Result<Hash>>>>> = Arc::default();
    let begun = running.clone();
    let prepare = move || {
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            // Without a thread the digest is computed when it is asked for.
            *running = std::thread::Builder::new().spawn(digest).ok();
        }
    };
    let get = move || {
        let thread = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let result = thread.and_then(|thread| thread.join().ok());
        result.unwrap_or_else(digest)
    };
    Program::new(VERSION, prepare, get)
}

fn digest() -> io::Result<Hash> {
    // The running file, even if another one stands in its place by now.
    let running = File::open("/proc/self/exe");
    let mut file = running.or_else(|_| File::open(std::env::current_exe()?))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok(Hash(hasher.finalize().into()))
}
