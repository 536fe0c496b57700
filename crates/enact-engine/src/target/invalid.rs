//! What can be wrong with connection parameters.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

/// Why a connection string, variable or file could not be used. Never holds a password or a piece of one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnInfoError {
    /// Another scheme than PostgreSQL's.
    #[error("the URL does not begin with postgres:// or postgresql://")]
    Scheme,
    /// A raw `@`, `/` or `?` that belongs to a password or name.
    #[error(
        "a special character in the URL is not percent-encoded: write `@` as %40, `/` as %2F, `?` as %3F, `#` as %23"
    )]
    Unencoded,
    /// An IPv6 address without its brackets, or a bracket too few.
    #[error("an IPv6 address in a URL is written in brackets, as in [::1]:5432")]
    Brackets,
    /// A percent sign that is not followed by two hexadecimal digits, or bytes that are no text.
    #[error("the {part} in the URL is not valid percent-encoding: write a percent sign as %25")]
    Percent {
        /// Which part of the URL.
        part: &'static str,
    },
    /// `?name` without `=value`.
    #[error("a parameter after `?` in the URL has no value: write name=value")]
    ParameterWithoutValue,
    /// `key` without `=` in a connection string or service file.
    #[error(
        "a setting lacks its name or `=`: write `name = value`, and put a value with blanks in single quotes"
    )]
    KeyWithoutValue,
    /// A quote that is never closed.
    #[error("a quoted value in the connection string has no closing quote")]
    Quote,
    /// A name libpq does not know.
    #[error("{name} is not a connection parameter: {advice}")]
    UnknownParameter {
        /// The name, or its length where it could be a piece of a password.
        name: String,
        /// What was probably meant.
        advice: String,
    },
    /// A parameter that Enact cannot honour and must not drop.
    #[error("the connection parameter `{parameter}` cannot be used: {advice}")]
    Unsupported {
        /// Its name.
        parameter: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// A value outside the allowed ones.
    #[error("the connection parameter `{parameter}` must be {allowed}")]
    Value {
        /// Its name.
        parameter: &'static str,
        /// The allowed values in words.
        allowed: &'static str,
    },
    /// Lists of hosts, addresses and ports that do not match.
    #[error(
        "{hosts} hosts are given, but {others} values for `{parameter}`: give one for each host"
    )]
    Lengths {
        /// Number of hosts.
        hosts: usize,
        /// Number of the other values.
        others: usize,
        /// The other list.
        parameter: &'static str,
    },
    /// Neither a user nor an operating system's user.
    #[error(
        "no database user is named and the operating system's user is unknown: name one in the URL or in PGUSER"
    )]
    NoUser,
    /// The service file that was named cannot be read.
    #[error("the service file {} cannot be read: {kind}", path.display())]
    ServiceFile {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        kind: ErrorKind,
    },
    /// A line of a service file that is wrong.
    #[error("line {line} of the service file {}: {problem}", path.display())]
    ServiceLine {
        /// Its path.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<Self>,
    },
    /// A service that no file defines.
    #[error("the service `{service}` is not defined in {}", join_paths(searched))]
    NoService {
        /// Its name.
        service: String,
        /// Files that were looked into.
        searched: Vec<PathBuf>,
    },
}

fn join_paths(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" or ")
}

/// Something to tell the person, though the connection can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The password file may be read by others and was ignored.
    PassFileOpen(PathBuf),
    /// The password file is a directory, pipe or the like and was ignored.
    PassFileNotPlain(PathBuf),
    /// The password file exists but could not be read.
    PassFileUnreadable(PathBuf, ErrorKind),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassFileOpen(path) => {
                let path = path.display();
                write!(
                    f,
                    "the password file {path} is ignored because others may read it: run `chmod 600 {path}`"
                )
            }
            Self::PassFileNotPlain(path) => write!(
                f,
                "the password file {} is not a plain file and is ignored",
                path.display()
            ),
            Self::PassFileUnreadable(path, kind) => write!(
                f,
                "the password file {} cannot be read: {kind}",
                path.display()
            ),
        }
    }
}
