//! Finding PostgreSQL server binaries on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::SandboxError;

/// Where to look for PostgreSQL. Given by value: a library reads no environment.
#[derive(Debug, Clone, Default)]
pub struct SearchPaths {
    /// Directories of binaries to try, for example those of `PATH`.
    pub bindirs: Vec<PathBuf>,
    /// Directories whose children are versions, each with a `bin` inside.
    pub roots: Vec<PathBuf>,
}

impl SearchPaths {
    /// The places where distributions and installers put PostgreSQL, without `PATH`.
    #[must_use]
    pub fn usual() -> Self {
        let roots = [
            "/usr/lib/postgresql",
            "/usr/local/lib/postgresql",
            "/opt/homebrew/opt",
            "/usr/local/opt",
            "/Applications/Postgres.app/Contents/Versions",
            "/Library/PostgreSQL",
            "/opt/postgresql",
            "/usr",
        ];
        let bindirs = ["/usr/local/pgsql/bin", "/usr/libexec/postgresql"];
        Self {
            bindirs: bindirs.iter().map(PathBuf::from).collect(),
            roots: roots.iter().map(PathBuf::from).collect(),
        }
    }

    /// Adds the directories of a `PATH` value, such as the caller's environment has it.
    #[must_use]
    pub fn with_path(mut self, path: &std::ffi::OsStr) -> Self {
        self.bindirs.extend(std::env::split_paths(path));
        self
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let mut dirs = self.bindirs.clone();
        for root in &self.roots {
            let versions = fs::read_dir(root).into_iter().flatten().flatten();
            // Only names that speak of PostgreSQL: `/usr/pgsql-16`, `postgresql@17`, `15`.
            dirs.extend(
                versions
                    .filter(|entry| speaks_of_postgres(&entry.file_name().to_string_lossy()))
                    .map(|entry| entry.path().join("bin")),
            );
        }
        dirs.retain(|dir| has_server(dir).is_ok());
        dirs
    }

    fn searched(&self) -> Vec<PathBuf> {
        self.roots.iter().chain(&self.bindirs).cloned().collect()
    }
}

/// One set of PostgreSQL server binaries. It may have `initdb`, `pg_ctl` and `postgres` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    bindir: PathBuf,
    version: String,
    major: u32,
    minor: u32,
}

impl Installation {
    /// The newest installation in `paths`, or the newest of `major` where one is asked for.
    ///
    /// # Errors
    /// [`SandboxError::NotInstalled`] or [`SandboxError::MajorNotInstalled`], which say what to install.
    pub fn discover(paths: &SearchPaths, major: Option<u32>) -> Result<Self, SandboxError> {
        let found = Self::all(paths);
        let newest = |wanted: &dyn Fn(&Self) -> bool| {
            let fitting = found.iter().filter(|one| wanted(one));
            fitting.max_by_key(|one| (one.major, one.minor)).cloned()
        };
        match major {
            _ if found.is_empty() => Err(SandboxError::NotInstalled {
                searched: paths.searched(),
            }),
            None => newest(&|_| true).ok_or_else(|| SandboxError::NotInstalled {
                searched: paths.searched(),
            }),
            Some(wanted) => {
                newest(&|one| one.major == wanted).ok_or_else(|| SandboxError::MajorNotInstalled {
                    wanted,
                    found: majors(&found),
                })
            }
        }
    }

    /// Every usable installation in `paths`, each once.
    #[must_use]
    pub fn all(paths: &SearchPaths) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for dir in paths.candidates() {
            let Ok(one) = Self::at(&dir) else { continue };
            if !found.iter().any(|known| known.bindir == one.bindir) {
                found.push(one);
            }
        }
        found
    }

    /// The installation in `bindir`.
    ///
    /// # Errors
    /// [`SandboxError::Unusable`] if `initdb` or `postgres` is missing or does not run.
    pub fn at(bindir: &Path) -> Result<Self, SandboxError> {
        let unusable = |reason: String| SandboxError::Unusable {
            bindir: bindir.to_owned(),
            reason,
        };
        let server = has_server(bindir).map_err(&unusable)?;
        let output = Command::new(&server)
            .arg("--version")
            .output()
            .map_err(|error| unusable(error.to_string()))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let (major, minor) = parse_version(&version).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            unusable(format!("`postgres --version` said {version:?} {said}"))
        })?;
        // The binaries' own directory, not a link to one of them (Debian links some into /usr/bin).
        let real = server.canonicalize().unwrap_or(server);
        let bindir = real.parent().unwrap_or(bindir).to_owned();
        Ok(Self {
            bindir,
            version,
            major,
            minor,
        })
    }

    /// The directory of the binaries.
    #[must_use]
    pub fn bindir(&self) -> &Path {
        &self.bindir
    }

    /// What `postgres --version` prints.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version, for example 15.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The path of one of the installation's programs, if it has it.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.bindir.join(name);
        path.is_file().then_some(path)
    }
}

fn speaks_of_postgres(name: &str) -> bool {
    name.starts_with("pgsql") || name.starts_with("postgresql") || name.parse::<f32>().is_ok()
}

/// The path of `postgres` if `dir` has it and `initdb`.
fn has_server(dir: &Path) -> Result<PathBuf, String> {
    for program in ["initdb", "postgres"] {
        if !dir.join(program).is_file() {
            return Err(format!("no {program} there"));
        }
    }
    Ok(dir.join("postgres"))
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, also `18beta1` and `17devel`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let number = text
        .split("(PostgreSQL)")
        .nth(1)?
        .split_whitespace()
        .next()?;
    let mut parts = number.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().and_then(|m| m.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

fn majors(found: &[Installation]) -> Vec<u32> {
    let mut majors: Vec<u32> = found.iter().map(Installation::major).collect();
    majors.sort_unstable();
    majors.dedup();
    majors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_print_them() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(parse_version(debian), Some((15, 18)));
        assert_eq!(parse_version("postgres (PostgreSQL) 17.10"), Some((17, 10)));
        assert_eq!(
            parse_version("postgres (PostgreSQL) 18beta1"),
            Some((18, 0))
        );
        assert_eq!(parse_version("mysqld 8"), None);
    }

    #[test]
    fn none_found_says_what_to_install() {
        let nowhere = SearchPaths {
            bindirs: vec![PathBuf::from("/nonexistent/bin")],
            roots: vec![],
        };
        let error = Installation::discover(&nowhere, None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("apt-get install postgresql"), "{error}");
        assert!(error.contains("/nonexistent/bin"), "{error}");
    }

    #[test]
    fn a_missing_major_names_those_that_are_there() {
        let paths = SearchPaths::usual();
        let error = Installation::discover(&paths, Some(9))
            .unwrap_err()
            .to_string();
        assert!(error.contains("postgresql-9"), "{error}");
        assert!(error.contains("only 1"), "{error}");
    }

    #[test]
    fn the_newest_is_chosen_unless_a_major_is_asked_for() {
        let paths = SearchPaths::usual();
        let all = Installation::all(&paths);
        let newest = Installation::discover(&paths, None).unwrap();
        assert!(all.iter().all(|one| one.major() <= newest.major()));
        let asked = Installation::discover(&paths, Some(newest.major())).unwrap();
        assert_eq!(asked, newest);
    }
}
