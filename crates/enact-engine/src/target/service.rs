//! Connection service files (`~/.pg_service.conf`).

use std::path::{Path, PathBuf};

use super::conninfo::{ConnInfoError, Env};
use super::settings::Settings;

/// Where Debian's libpq looks when `PGSYSCONFDIR` says nothing.
const SYSTEM_DIRECTORY: &str = "/etc/postgresql-common";

/// Settings of a service, from the person's file or else the system's.
pub(crate) fn load(name: &str, file: Option<&str>, env: &Env) -> Result<Settings, ConnInfoError> {
    let named = file.map(PathBuf::from);
    let files = [
        named.clone().or_else(|| home_file(env)),
        Some(system_file(env)),
    ];
    for path in files.iter().flatten() {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.as_ref() == Some(path) => {
                return Err(ConnInfoError::ServiceFile {
                    path: path.clone(),
                    kind: error.kind(),
                });
            }
            Err(_) => continue,
        };
        if let Some(settings) = parse(&text, name, path)? {
            return Ok(settings);
        }
    }
    Err(ConnInfoError::NoService {
        service: name.to_owned(),
        searched: files.into_iter().flatten().collect(),
    })
}

fn home_file(env: &Env) -> Option<PathBuf> {
    env.home().map(|home| home.join(".pg_service.conf"))
}

fn system_file(env: &Env) -> PathBuf {
    Path::new(env.var("PGSYSCONFDIR").unwrap_or(SYSTEM_DIRECTORY)).join("pg_service.conf")
}

/// The settings under `[name]`, or none if the text has no such section.
fn parse(text: &str, name: &str, path: &Path) -> Result<Option<Settings>, ConnInfoError> {
    let mut found: Option<Settings> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            if found.is_some() {
                break;
            }
            found = (line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) == Some(name))
                .then(Settings::default);
        } else if let Some(settings) = &mut found {
            read_line(line, settings).map_err(|problem| ConnInfoError::ServiceLine {
                path: path.to_owned(),
                line: number + 1,
                problem: Box::new(problem),
            })?;
        }
    }
    Ok(found)
}

fn read_line(line: &str, settings: &mut Settings) -> Result<(), ConnInfoError> {
    let (key, value) = line.split_once('=').ok_or(ConnInfoError::KeyWithoutValue)?;
    let key = key.trim_end();
    if matches!(key, "service" | "servicefile") {
        return Err(ConnInfoError::Unsupported {
            parameter: "service",
            advice: "a service cannot name another service",
        });
    }
    settings.put_checked(key, value.trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\n[other]\nhost=no\n\n[orion]\nhost=db.example\nport = 6000\n# more\n[late]\nport=1\n";

    #[test]
    fn only_the_named_section_counts() {
        let settings = parse(TEXT, "orion", Path::new("f"))
            .expect("parses")
            .expect("is there");
        assert_eq!(
            (settings.get("host"), settings.get("port")),
            (Some("db.example"), Some("6000"))
        );
        assert!(
            parse(TEXT, "nowhere", Path::new("f"))
                .expect("parses")
                .is_none()
        );
    }

    #[test]
    fn broken_lines_are_named_by_number_without_their_text() {
        let error = parse("[s]\nhost=a\nhunter2\n", "s", Path::new("f"))
            .err()
            .expect("refused");
        assert!(
            matches!(error, ConnInfoError::ServiceLine { line: 3, .. }),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(parse("[s]\nservice=t\n", "s", Path::new("f")).is_err());
    }
}
