//! The shape of `enact.toml`, before its values are checked.

use std::collections::BTreeMap;
use std::path::Path;

use enact_release::Leave;
use serde::Deserialize;
use toml::Spanned;

use crate::project::problem::Problem;
use crate::project::suggest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub project: RawProject,
    pub core: Option<Spanned<RawCore>>,
    #[serde(default)]
    pub environments: BTreeMap<Spanned<String>, RawEnvironment>,
    #[serde(default)]
    pub snapshot: RawSnapshot,
    #[serde(default)]
    pub lint: RawLint,
    #[serde(default)]
    pub regulated: RawRegulated,
    pub release: Option<Spanned<RawRelease>>,
    pub leave: Option<Spanned<Leave>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelease {
    pub package: Spanned<String>,
    pub folder: Option<Spanned<String>>,
    pub changelog: Option<Spanned<String>>,
    pub minimum_server: Option<u32>,
    #[serde(default)]
    pub withdrawn: BTreeMap<Spanned<String>, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProject {
    pub kind: Spanned<String>,
    pub name: Spanned<String>,
    pub migrations: Spanned<String>,
    pub fixtures: Option<Spanned<String>>,
    pub tests: Option<Spanned<String>>,
    pub max_file_size: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCore {
    pub package: String,
    pub version: Option<String>,
    pub version_from: Option<Spanned<String>>,
    pub source: Option<Spanned<RawSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub npm: Option<String>,
    pub path: Option<String>,
    pub archive: Option<String>,
    pub git: Option<String>,
    pub tag: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnvironment {
    pub url: Spanned<RawSecret>,
    #[serde(default)]
    pub protected: bool,
    pub after: Option<Spanned<String>>,
    pub role: Option<Spanned<String>>,
    pub lock_timeout: Option<Spanned<String>>,
    pub statement_timeout: Option<Spanned<String>>,
    pub retry_budget: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "neither a connection string nor { env = … }, { file = … } or { command = … }"
)]
pub(super) enum RawSecret {
    Plain(String),
    Reference(BTreeMap<String, RawWords>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawWords {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSnapshot {
    pub comments: Option<bool>,
    pub grants: Option<bool>,
    pub owners: Option<bool>,
    #[serde(default)]
    pub exclude_schemas: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLint {
    pub fail: Option<Spanned<String>>,
    pub server: Option<Spanned<i64>>,
    #[serde(default)]
    pub rules: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegulated {
    #[serde(default)]
    pub append_only: Vec<Spanned<String>>,
    #[serde(default)]
    pub access: Vec<Spanned<String>>,
    #[serde(default)]
    pub signatures: Vec<Spanned<String>>,
}

/// Reads the shape, or says the first thing that is wrong with it.
pub(super) fn read(text: &str, path: &Path) -> Result<RawConfig, Vec<Problem>> {
    toml::from_str(text).map_err(|error| {
        let (id, message, mend) = explain(error.message());
        let problem = Problem::of_file(id, path, message, mend);
        // Not the error's own rendering: it quotes the line, which may hold a password.
        vec![match error.span() {
            Some(span) => {
                let (line, column) = position(text, span.start);
                problem.at(line, column)
            }
            None => problem,
        }]
    })
}

/// Line and column, from 1, of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let place = enact_sql::lines::LineMap::new(text).position(text, offset);
    (place.line, place.column)
}

fn explain(message: &str) -> (&'static str, String, String) {
    // serde names the key and the keys there are in backticks; it offers no other way to learn them.
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [key, known @ ..] if message.starts_with("unknown field") => {
            let mend = match suggest::nearest(key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys here are {}", known.join(", ")),
            };
            ("config-unknown-key", format!("unknown key `{key}`"), mend)
        }
        [key] if message.starts_with("missing field") => (
            "config-missing-key",
            format!("key `{key}` is missing"),
            format!("add `{key} = …`"),
        ),
        _ if message.starts_with("invalid type") => (
            "config-type",
            without_value(message),
            "write the value in the form that is expected".into(),
        ),
        _ => (
            "config-syntax",
            without_value(message),
            "correct the line; the format is TOML".into(),
        ),
    }
}

/// The message without the string it quotes: it may be a secret in the wrong place.
fn without_value(message: &str) -> String {
    match (message.find("string \""), message.rfind('"')) {
        (Some(start), Some(end)) => format!("{}string{}", &message[..start], &message[end + 1..]),
        _ => message.replace('\n', "; "),
    }
}
