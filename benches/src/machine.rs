//! What the measurements were made on.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use enact_testkit::Must;
use jiff::Timestamp;

use crate::measure::Times;

/// Names and values, for the head of the report: of the machine, the programs, and the disk that holds the cluster.
#[must_use]
pub fn facts(
    enact: &Path,
    psql: &Path,
    (server, data): (String, &Path),
) -> Vec<(&'static str, String)> {
    let cores = std::thread::available_parallelism();
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    vec![
        (
            "Date",
            Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        ),
        (
            "Cores",
            cores.map_or_else(|_| unknown(), |cores| cores.to_string()),
        ),
        ("CPU", field("/proc/cpuinfo", "model name")),
        ("Memory", field("/proc/meminfo", "MemTotal")),
        ("Kernel", read("/proc/sys/kernel/osrelease")),
        ("Load before", load.join(" ")),
        ("One sync of 8 KiB", sync_time(data)),
        ("PostgreSQL", server),
        (
            "psql",
            format!("{} ({})", answer(psql, "--version"), psql.display()),
        ),
        ("Enact", answer(enact, "--version")),
    ]
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).map_or_else(|_| unknown(), |text| text.trim().to_owned())
}

fn field(path: &str, name: &str) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or_else(unknown, |(_, value)| value.trim().to_owned())
}

fn answer(program: &Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let output = output.must("ask a program for its version");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What the disk of the cluster makes of a sync, on which commits wait.
fn sync_time(dir: &Path) -> String {
    let path = dir.join("enact-bench-sync");
    let mut file = File::create(&path).must("write beside the cluster");
    let mut times = Times::default();
    for _ in 0..51 {
        file.write_all(&[7; 8192]).must("write beside the cluster");
        let begin = Instant::now();
        file.sync_data().must("sync beside the cluster");
        times.push(begin.elapsed());
    }
    std::fs::remove_file(&path).must("remove what was written");
    times.show()
}
