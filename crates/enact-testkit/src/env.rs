//! The `enact` program in an environment that holds nothing of the machine's.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Must;
use crate::pg::build_dir;

/// A home, a working directory and an environment for runs of `enact`, gone when dropped.
#[derive(Debug)]
pub struct TestEnv {
    program: PathBuf,
    root: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
    filters: Vec<(String, String)>,
}

/// How a run ended and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl fmt::Display for Output {
    /// The form for snapshots.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit: {code}")?,
            None => writeln!(f, "exit: by a signal")?,
        }
        writeln!(f, "----- stdout -----\n{}", self.stdout)?;
        writeln!(f, "----- stderr -----\n{}", self.stderr)
    }
}

/// A signal to send to a running `enact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A polite end.
    Terminate,
    /// The end.
    Kill,
}

impl TestEnv {
    /// An environment for the program at `program`, which a test knows as `env!("CARGO_BIN_EXE_enact")`.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let root = tempfile::Builder::new().prefix("enact-env-").tempdir();
        let root = root.must("make a directory for the test");
        for dir in ["home", "work", "tmp"] {
            fs::create_dir(root.path().join(dir)).must("make a directory for the test");
        }
        let mut env = Self {
            program: program.into(),
            root,
            variables: Vec::new(),
            filters: Vec::new(),
        };
        env.set("HOME", env.root.path().join("home"));
        env.set("PATH", "/usr/bin:/bin");
        env.set("LC_ALL", "C.UTF-8");
        env.set("TZ", "UTC");
        env.set("NO_COLOR", "1");
        // Shared, since it holds what may be kept: a template that takes a second to make.
        env.set("XDG_CACHE_HOME", build_dir().join("enact-test-cache"));
        if let Some(bindir) = std::env::var_os("ENACT_TEST_PG_BINDIR") {
            env.set("ENACT_PG_BINDIR", bindir);
        }
        env
    }

    /// The working directory of the runs.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The home directory of the runs.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Sets a variable for all runs to come.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        let name = name.into();
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
        self
    }

    /// Takes a variable away from all runs to come.
    pub fn unset(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.variables.retain(|(known, _)| known != name.as_ref());
        self
    }

    /// Writes a file below the working directory, with the directories it needs.
    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir().join(path);
        let parent = path.parent().unwrap_or(&path);
        fs::create_dir_all(parent).must("make a directory for a test's file");
        fs::write(&path, text).must("write a test's file");
        path
    }

    /// Shows `text` as `name` in [`TestEnv::filters`], for example a socket's directory. Only whole words are hidden:
    /// a short host name also stands in the midst of random names.
    pub fn hide(&mut self, text: impl AsRef<str>, name: &str) -> &mut Self {
        let text = text.as_ref();
        let edge = |next: Option<char>| match next {
            Some(c) if c.is_alphanumeric() || c == '_' => r"\b",
            _ => "",
        };
        let (before, after) = (edge(text.chars().next()), edge(text.chars().next_back()));
        let pattern = format!("{before}{}{after}", escape(text));
        self.filters.push((pattern, name.to_owned()));
        self
    }

    /// Runs `enact` with these arguments and waits for it.
    pub fn enact<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.spawn(arguments).wait()
    }

    /// Starts `enact` with these arguments, to be watched or killed.
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Running {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null());
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Running {
            child: child.must("start enact"),
        }
    }

    /// The bare command in this environment, for tests with needs of their own.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        // The sandbox's directory must be one that an unprivileged server can enter, so not below
        // the test's own.
        command.current_dir(self.dir());
        command
    }

    /// What differs between runs, as pairs of regular expression and replacement for `insta`'s filters.
    #[must_use]
    pub fn filters(&self) -> Vec<(String, String)> {
        let root = escape(&self.root.path().to_string_lossy());
        let own = [
            (format!("{root}/work"), "[DIR]"),
            (format!("{root}/home"), "[HOME]"),
        ];
        let own = own.into_iter().map(|(from, to)| (from, to.to_owned()));
        let common = COMMON
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
        self.filters
            .iter()
            .cloned()
            .chain(own)
            .chain(common)
            .collect()
    }
}

/// In this order: what contains another comes first.
const COMMON: &[(&str, &str)] = &[
    (r"/tmp/enact-(pg|proxy)-[A-Za-z0-9]+", "[SOCKET_DIR]"),
    (r"enact_scratch_[0-9]+_[0-9a-f]+", "[SCRATCH]"),
    (
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        "[UUID]",
    ),
    (r"\b[0-9a-f]{64}\b", "[SHA256]"),
    (
        r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?",
        "[TIME]",
    ),
    (r"\b\d+(\.\d+)? ?(ns|µs|us|ms|s)\b", "[DURATION]"),
    (r"\b(pid|process:?) \d+", "$1 [PID]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
];

/// A running `enact`; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal; nothing happens if it has ended.
    pub fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
            Signal::Kill => "KILL",
        };
        let pid = self.pid().to_string();
        let shell = Command::new("/bin/sh")
            .args([
                "-c",
                "kill -s \"$1\" \"$2\" 2>/dev/null",
                "kill",
                name,
                &pid,
            ])
            .status();
        shell.must("send a signal");
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().must("look after enact").is_none()
    }

    /// Waits for its end.
    #[must_use]
    pub fn wait(mut self) -> Output {
        let (out, err) = (self.child.stdout.take(), self.child.stderr.take());
        // Both at once: a full pipe that nobody reads would stop the program.
        let errors = std::thread::spawn(move || read(err));
        let stdout = read(out);
        let status = self.child.wait().must("wait for enact");
        Output {
            code: status.code(),
            stdout,
            stderr: errors.join().unwrap_or_default(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(from: Option<impl std::io::Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        from.read_to_end(&mut bytes).must("read what enact says");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$-#&~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
