//! A set of connection parameters from one source, and their layering.

use std::collections::BTreeMap;

use super::conninfo::{ConnInfoError, Env};
use super::params::{self, PARAMS, Use};

/// Parameters by name. Empty values count as not given, as in libpq. Not `Debug`: passwords are among them.
#[derive(Default, Clone)]
pub(crate) struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    /// Everything the `PG*` variables say.
    pub(crate) fn from_env(env: &Env) -> Self {
        let mut settings = Self::default();
        for param in PARAMS {
            if let Some(value) = param.env.and_then(|name| env.var(name)) {
                settings.put(param.name, value.to_owned());
            }
        }
        settings
    }

    /// Sets a parameter whose name is known to be good.
    pub(crate) fn put(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }

    /// Sets a parameter that a person named.
    pub(crate) fn put_checked(&mut self, name: &str, value: String) -> Result<(), ConnInfoError> {
        let Some(param) = params::find(name) else {
            return Err(unknown(name));
        };
        self.put(param.name, value);
        Ok(())
    }

    /// The value, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Fills what is not yet set from a weaker source.
    pub(crate) fn fill_from(&mut self, weaker: Self) {
        for (name, value) in weaker.0 {
            if self.get(name).is_none() {
                self.put(name, value);
            }
        }
    }

    /// Refuses parameters that Enact cannot honour and must not drop.
    pub(crate) fn check_supported(&self) -> Result<(), ConnInfoError> {
        for param in PARAMS {
            let Use::Only(fine, advice) = param.handling else {
                continue;
            };
            if self
                .get(param.name)
                .is_some_and(|value| !fine.contains(&value))
            {
                return Err(ConnInfoError::Unsupported {
                    parameter: param.name,
                    advice,
                });
            }
        }
        Ok(())
    }
}

/// The name is shown only when it resembles a parameter: an unquoted blank in a password makes a "name" of its tail.
fn unknown(name: &str) -> ConnInfoError {
    match params::advice(name) {
        Some(advice) => ConnInfoError::UnknownParameter { name: format!("`{name}`"), advice },
        None => ConnInfoError::UnknownParameter {
            name: format!("a name of {} characters", name.chars().count()),
            advice: "see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS for the names; \
                     a password with special characters must be quoted or percent-encoded"
                .to_owned(),
        },
    }
}
