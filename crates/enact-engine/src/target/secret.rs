//! Values that must never be printed.

use std::fmt;

/// A password. `Debug` shows stars, there is no `Display`, and only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A connection string with its password replaced by `***`, for messages that must show what was configured.
///
/// Works on URLs and `key=value` strings, also on malformed ones: then it hides more rather than less.
pub fn redact(conninfo: &str) -> String {
    match conninfo.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", redact_after_scheme(rest)),
        None => redact_key_value(conninfo),
    }
}

fn redact_after_scheme(rest: &str) -> String {
    let (head, query) = match rest.split_once('?') {
        Some((head, query)) if !query.contains('@') => (head, Some(query)),
        _ => (rest, None),
    };
    let head = match head.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{host}"),
            None => head.to_owned(),
        },
        None => head.to_owned(),
    };
    match query {
        Some(query) => format!("{head}?{}", redact_query(query)),
        None => head,
    }
}

fn redact_query(query: &str) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    query.split('&').map(hide).collect::<Vec<_>>().join("&")
}

fn redact_key_value(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.find("password") {
        // Quoting may be broken, so everything behind the word is hidden.
        Some(at) => format!("{}=***", &text[..at + "password".len()]),
        None => text.to_owned(),
    }
}

/// Whether a parameter's value is never shown.
pub(crate) fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "password"
            | "sslpassword"
            | "scram_client_key"
            | "scram_server_key"
            | "oauth_client_secret"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_secret_is_stars() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[test]
    fn redact_hides_every_form_of_password() {
        for (given, shown) in [
            ("postgres://u:hunter2@h/d", "postgres://u:***@h/d"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            (
                "postgres://h/d?password=hunter2&sslmode=require",
                "postgres://h/d?password=***&sslmode=require",
            ),
            ("postgres://u:hun@ter2@h/d", "postgres://u:***@h/d"),
            ("postgres://u:hun?ter2@h/d", "postgres://u:***@h/d"),
            ("postgres://u:hun/ter2@h/d", "postgres://u:***@h/d"),
            ("host=h password=hunter2 user=u", "host=h password=***"),
            ("host=h PASSWORD = 'hun ter2'", "host=h PASSWORD=***"),
            ("host=h user=u", "host=h user=u"),
        ] {
            assert_eq!(redact(given), shown, "{given}");
        }
    }
}
