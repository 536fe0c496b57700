//! References to secrets: `enact.toml` names where a secret is, and never holds it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::target::{Secret, redact};

/// More than any connection string needs; a longer answer is some other file.
const MAX_BYTES: usize = 64 << 10;

/// Where the connection string of an environment comes from.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretRef {
    /// Written in the file: a connection string without a password.
    Plain(String),
    /// The value of an environment variable.
    Env(String),
    /// The content of a file; a relative path is relative to `enact.toml`.
    File(PathBuf),
    /// What a program writes to its standard output: program and arguments.
    Command(Vec<String>),
}

/// Why a secret could not be had. No variant holds any part of a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The environment variable is not set, or is empty.
    #[error("environment variable {name} is not set")]
    EnvNotSet {
        /// Name of the variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The program cannot be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The program ended with a failure.
    #[error("`{program}` failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// What came is empty, several lines, too long or not UTF-8.
    #[error("{origin} gave no connection string: {why}")]
    Unusable {
        /// The file or program.
        origin: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl SecretRef {
    /// Gets the connection string.
    ///
    /// `env` looks up environment variables; relative files and programs start from `base`, the folder of
    /// `enact.toml`. Programs inherit the terminal, so that they can ask for a passphrase.
    ///
    /// # Errors
    /// [`SecretError`], which never holds a part of the secret.
    pub fn resolve(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
        base: &Path,
    ) -> Result<Secret, SecretError> {
        match self {
            Self::Plain(url) => Ok(Secret::new(url.clone())),
            Self::Env(name) => from_env(name, env),
            Self::File(path) => from_file(&base.join(path)),
            Self::Command(words) => from_command(words, base),
        }
    }
}

/// Shows the reference, and of a plain connection string nothing: it names hosts and users.
impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(…)"),
            Self::Env(name) => write!(f, "Env({name})"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Command(words) => {
                write!(f, "Command({})", words.first().map_or("", String::as_str))
            }
        }
    }
}

fn from_env(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, SecretError> {
    let value = env(name).map(|value| value.trim().to_owned());
    let value = value.filter(|value| !value.is_empty()).map(Secret::new);
    value.ok_or_else(|| SecretError::EnvNotSet {
        name: name.to_owned(),
    })
}

fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let bytes = std::fs::read(path).map_err(|source| SecretError::File {
        path: path.to_owned(),
        source,
    })?;
    one_line(&bytes, &path.display().to_string())
}

fn from_command(words: &[String], base: &Path) -> Result<Secret, SecretError> {
    let [program, arguments @ ..] = words else {
        return Err(SecretError::Unusable {
            origin: "command".into(),
            why: "it is empty",
        });
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(base)
        .stdin(std::process::Stdio::inherit());
    command.stderr(std::process::Stdio::inherit());
    let output = command.output().map_err(|source| SecretError::Start {
        program: program.clone(),
        source,
    })?;
    if !output.status.success() {
        return Err(SecretError::Failed {
            program: program.clone(),
            status: output.status,
        });
    }
    one_line(&output.stdout, &format!("`{program}`"))
}

fn one_line(bytes: &[u8], origin: &str) -> Result<Secret, SecretError> {
    let unusable = |why| SecretError::Unusable {
        origin: origin.to_owned(),
        why,
    };
    if bytes.len() > MAX_BYTES {
        return Err(unusable("it is longer than 64 KiB"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| unusable("it is not UTF-8"))?
        .trim();
    match text {
        "" => Err(unusable("it is empty")),
        text if text.contains(['\n', '\r', '\0']) => Err(unusable("it has more than one line")),
        text => Ok(Secret::new(text)),
    }
}

/// Does a connection string, URL or `key=value`, carry a password? Rather yes than no when it is malformed.
pub(super) fn holds_password(text: &str) -> bool {
    redact(text) != text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn shell(script: &str) -> SecretRef {
        SecretRef::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn passwords_are_found_in_every_form() {
        for text in [
            "postgres://u:pw@h/d",
            "postgres://u:p/w@h/d",
            "postgres://u:p@w@h/d",
            "postgres://h/d?password=pw",
            "postgres://h/d?sslmode=require&sslpassword=pw",
            "host=h PassWord = 'pw'",
        ] {
            assert!(holds_password(text), "{text}");
        }
        for text in [
            "postgres://h/d",
            "postgres://u@h:5432/d?sslmode=require",
            "host=h user=u",
        ] {
            assert!(!holds_password(text), "{text}");
        }
    }

    #[test]
    fn a_variable_is_looked_up_and_must_hold_something() {
        let env = |name: &str| (name == "URL").then(|| " postgres://h/d\n".to_owned());
        let url = SecretRef::Env("URL".into());
        assert_eq!(
            url.resolve(&env, Path::new("")).unwrap().expose(),
            "postgres://h/d"
        );
        let error = url.resolve(&none, Path::new("")).unwrap_err();
        assert_eq!(error.to_string(), "environment variable URL is not set");
        let empty = |_: &str| Some(String::new());
        assert!(matches!(
            url.resolve(&empty, Path::new("")),
            Err(SecretError::EnvNotSet { .. })
        ));
    }

    #[test]
    fn a_file_is_read_beside_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("url"), "postgres://u:pw@h/d\n").unwrap();
        let file = SecretRef::File("url".into());
        assert_eq!(
            file.resolve(&none, dir.path()).unwrap().expose(),
            "postgres://u:pw@h/d"
        );
        let missing = SecretRef::File("missing".into()).resolve(&none, dir.path());
        assert!(matches!(missing, Err(SecretError::File { .. })));
        for (content, why) in [("", "it is empty"), ("a\nb", "it has more than one line")] {
            std::fs::write(dir.path().join("url"), content).unwrap();
            let error = file.resolve(&none, dir.path()).unwrap_err().to_string();
            assert!(error.ends_with(why), "{error}");
        }
        // Longer than what is random in the folder's name.
        std::fs::write(dir.path().join("url"), b"opensesame\xff").unwrap();
        let error = file.resolve(&none, dir.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("it is not UTF-8") && !error.contains("opensesame"),
            "{error}"
        );
    }

    #[test]
    fn a_program_answers_on_its_standard_output() {
        let dir = tempfile::tempdir().unwrap();
        let answer = shell("echo postgres://h/$(pwd | wc -l)")
            .resolve(&none, dir.path())
            .unwrap();
        assert_eq!(answer.expose().replace(' ', ""), "postgres://h/1");
        let error = shell("echo secret; exit 3")
            .resolve(&none, dir.path())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("exit status: 3") && !error.contains("secret"),
            "{error}"
        );
        let missing =
            SecretRef::Command(vec!["/no/such/program".into()]).resolve(&none, dir.path());
        assert!(matches!(missing, Err(SecretError::Start { .. })));
    }

    #[test]
    fn debug_shows_no_connection_string() {
        assert_eq!(
            format!("{:?}", SecretRef::Plain("postgres://u@h/d".into())),
            "Plain(…)"
        );
    }
}
