//! The program that is measured.

use std::path::{Path, PathBuf};
use std::process::Command;

use enact_testkit::Must;

/// What the numbers are worth, where they are not those of a release.
#[must_use]
pub fn built(given: bool) -> &'static str {
    match (given, cfg!(debug_assertions)) {
        (_, true) => "**not for the record**: the benchmark itself is not optimised",
        (true, false) => "the program given with `--enact`, whatever its build",
        (false, false) => "release, made by this run",
    }
}

/// Builds the program as it is released, and says where it is.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--package", "enact"])
        .status();
    assert!(
        built.must("run cargo").success(),
        "cargo could not build enact"
    );
    let own = std::env::current_exe().must("find this program");
    let target = own
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file());
    target.unwrap_or(&own).join("release/enact")
}

/// The program given, or else one that is built now; as an absolute path.
#[must_use]
pub fn chosen(given: Option<&Path>) -> PathBuf {
    let program = given.map_or_else(build, Path::to_owned);
    program.canonicalize().must("find the program to measure")
}

/// Cargo starts a benchmark in its package's folder; paths are meant from the repository's.
pub fn enter_repository() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::env::set_current_dir(repository).must("enter the repository");
}
