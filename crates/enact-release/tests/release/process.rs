//! Tests that run in a process of their own, since what they need is a property of the process.

use std::env;
use std::process::{Command, Output};

/// Tells the process of one test from the one that starts it.
const ALONE: &str = "ENACT_RELEASE_TEST_ALONE";

/// Whether this is the process of one test.
pub fn is_alone() -> bool {
    env::var_os(ALONE).is_some()
}

/// Runs the test of that name in a process without the settings of whoever runs the tests, and with these.
pub fn alone(name: &str, settings: &[(&str, &str)], test: fn()) {
    if is_alone() {
        return test();
    }
    let output = under("true", name, settings);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(passed(&output), "{said}");
}

/// Runs the test of that name once the shell has set a limit.
pub fn under(limit: &str, name: &str, settings: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    command.env_clear();
    for variable in ["PATH", "TMPDIR", "LD_LIBRARY_PATH"] {
        command.envs(env::var_os(variable).map(|value| (variable, value)));
    }
    command
        .args(["-c", &format!("{limit} && exec \"$0\" \"$@\"")])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .env("HOME", home.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

/// Whether the test was there, and passed.
pub fn passed(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stdout);
    output.status.success() && said.contains("1 passed")
}
