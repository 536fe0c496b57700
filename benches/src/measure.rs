//! Runs a command and measures it.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use enact_testkit::Must;

/// Measurements of one thing.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds a measurement.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64());
        self.0.sort_by(f64::total_cmp);
    }

    /// The one in the middle, in seconds; of two in the middle their mean.
    pub fn median(&self) -> f64 {
        let at = |index: usize| self.0.get(index).copied().unwrap_or(f64::NAN);
        let upper = self.0.len() / 2;
        match self.0.len() % 2 {
            1 => at(upper),
            _ => f64::midpoint(at(upper.wrapping_sub(1)), at(upper)),
        }
    }

    /// The longest, in seconds.
    #[must_use]
    pub fn longest(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    /// Median, lowest and highest for people.
    pub fn show(&self) -> String {
        let ends = self.0.first().zip(self.0.last());
        match ends {
            Some((low, high)) if self.0.len() > 1 => format!(
                "{} ({}–{})",
                seconds(self.median()),
                seconds(*low),
                seconds(*high)
            ),
            _ => seconds(self.median()),
        }
    }

    /// How many measurements there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Seconds for people, with three digits that mean something.
pub fn seconds(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..100.0 => format!("{milliseconds:.1} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{seconds:.2} s"),
    }
}

/// Runs the command to its end and gives the time on the wall.
pub fn timed(command: Command) -> Duration {
    try_timed(command).unwrap_or_else(|why| panic!("what is measured failed: {why}"))
}

/// Like [`timed`], but where it fails says what it wrote.
pub fn try_timed(mut command: Command) -> Result<Duration, String> {
    let mut errors = tempfile::tempfile().must("make a file for messages");
    let begin = Instant::now();
    let mut child = spawn(&mut command, &errors);
    let status = child.wait().must("wait for what is measured");
    let took = begin.elapsed();
    if status.success() {
        return Ok(took);
    }
    let said = contents(&mut errors);
    Err(format!("{command:?}: {status}\n{said}"))
}

/// The time that the command and the processes it waits for use of processors, in user and system mode, to the
/// millisecond: bash knows it from the kernel's record of its children.
pub fn cpu(command: &Command) -> Duration {
    let messages = tempfile::NamedTempFile::new().must("make a file for messages");
    let times = tempfile::NamedTempFile::new().must("make a file for times");
    let script = "TIMEFORMAT='%3U %3S'; { time \"${@:3}\" 2>\"$1\"; } 2>\"$2\"";
    let mut shell = Command::new("/bin/bash");
    shell
        .args(["-c", script, "bash"])
        .args([messages.path(), times.path()])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    timed(shell);
    let text = std::fs::read_to_string(times.path()).must("read the times");
    let parts = text
        .split_whitespace()
        .map(|part| part.parse::<f64>().must("read a time"));
    Duration::from_secs_f64(parts.sum())
}

/// The most memory that the command has at once, in MiB: the kernel's high-water mark of its resident set, read
/// every half a millisecond until it ends.
pub fn peak_memory(mut command: Command) -> f64 {
    let mut errors = tempfile::tempfile().must("make a file for messages");
    let mut child = spawn(&mut command, &errors);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        // A process that has ended and was not waited for has no memory, and no line about it.
        peak = high_water(&status).unwrap_or(peak);
        if let Some(ended) = child.try_wait().must("look after what is measured") {
            break ended;
        }
        thread::sleep(Duration::from_micros(500));
    };
    assert!(
        ended.success(),
        "what is measured failed: {}",
        contents(&mut errors)
    );
    f64::from(peak) / 1024.0
}

/// In KiB.
fn high_water(status: &str) -> Option<u32> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn spawn(command: &mut Command, errors: &File) -> Child {
    let errors = errors.try_clone().must("share the file for messages");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors);
    command.spawn().must("start what is measured")
}

fn contents(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().must("read messages");
    file.read_to_string(&mut text).must("read messages");
    text
}
