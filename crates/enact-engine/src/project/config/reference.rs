//! Connection strings in `enact.toml`, which may only say where a secret is.

use std::collections::BTreeMap;

use toml::Spanned;

use super::check::Checker;
use super::raw::{RawSecret, RawWords};
use crate::project::secret::{SecretRef, holds_password};
use crate::project::suggest;

impl Checker<'_> {
    pub(super) fn secret(
        &mut self,
        environment: &str,
        raw: &Spanned<RawSecret>,
    ) -> Option<SecretRef> {
        let at = raw.span().start;
        match raw.get_ref() {
            RawSecret::Plain(url) => self.plain_url(at, environment, url),
            RawSecret::Reference(reference) => self.reference(at, environment, reference),
        }
    }

    /// No message quotes the text: it may be a password.
    fn plain_url(&mut self, at: usize, environment: &str, url: &str) -> Option<SecretRef> {
        let mend = format!("write url = {}", example_reference(environment));
        if holds_password(url) {
            let message = format!("the url of {environment} holds a password");
            self.problem(
                at,
                "config-secret",
                message,
                format!("{mend}, and change the password if this file was shared"),
            );
            return None;
        }
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let known = match scheme {
            Some(scheme) => scheme == "postgres" || scheme == "postgresql",
            None => url.contains('='),
        };
        if !known {
            let message = format!("the url of {environment} is no PostgreSQL connection string");
            self.problem(
                at,
                "config-url",
                message,
                format!("{mend}, or \"postgres://HOST/DATABASE\" without a password"),
            );
            return None;
        }
        Some(SecretRef::Plain(url.to_owned()))
    }

    fn reference(
        &mut self,
        at: usize,
        environment: &str,
        reference: &BTreeMap<String, RawWords>,
    ) -> Option<SecretRef> {
        let mend = format!(
            "write url = {}, {{ file = … }} or {{ command = … }}",
            example_reference(environment)
        );
        let mut entries = reference.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else {
            self.problem(
                at,
                "config-secret",
                "a reference names exactly one place",
                mend,
            );
            return None;
        };
        match (key.as_str(), value) {
            ("env", RawWords::One(name)) if is_variable(name) => Some(SecretRef::Env(name.clone())),
            ("env", _) => {
                self.problem(
                    at,
                    "config-secret",
                    "env does not name an environment variable",
                    mend,
                );
                None
            }
            ("file", RawWords::One(path)) if !path.is_empty() => Some(SecretRef::File(path.into())),
            ("command", RawWords::One(line)) if !line.trim().is_empty() => {
                Some(SecretRef::Command(vec![
                    "sh".into(),
                    "-c".into(),
                    line.clone(),
                ]))
            }
            ("command", RawWords::Many(words)) if !words.is_empty() => {
                Some(SecretRef::Command(words.clone()))
            }
            ("file" | "command", _) => {
                self.problem(at, "config-secret", format!("{key} names nothing"), mend);
                None
            }
            _ => {
                let mend = suggest::nearest(key, &["env", "file", "command"])
                    .map_or(mend, |near| format!("did you mean `{near}`?"));
                self.problem(
                    at,
                    "config-unknown-key",
                    format!("unknown key `{key}`"),
                    mend,
                );
                None
            }
        }
    }
}

/// The reference to write instead, with a variable named after the environment.
fn example_reference(environment: &str) -> String {
    let name: String = environment
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("{{ env = \"{name}_URL\" }}")
}

fn is_variable(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(allowed)
}
