//! libpq's `key = value` connection strings.

use std::iter::Peekable;
use std::str::Chars;

use super::conninfo::ConnInfoError;
use super::settings::Settings;

/// Reads a `key=value` string. Errors carry no text of the string, which may be a piece of a password.
pub(crate) fn parse(text: &str) -> Result<Settings, ConnInfoError> {
    let mut settings = Settings::default();
    let mut chars = text.chars().peekable();
    loop {
        skip_space(&mut chars);
        if chars.peek().is_none() {
            return Ok(settings);
        }
        let key = read_key(&mut chars)?;
        skip_space(&mut chars);
        let value = read_value(&mut chars)?;
        settings.put_checked(&key, value)?;
    }
}

fn skip_space(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn read_key(chars: &mut Peekable<Chars<'_>>) -> Result<String, ConnInfoError> {
    let mut key = String::new();
    while let Some(c) = chars.next_if(|c| *c != '=' && !c.is_whitespace()) {
        key.push(c);
    }
    skip_space(chars);
    match chars.next() {
        Some('=') if !key.is_empty() => Ok(key),
        _ => Err(ConnInfoError::KeyWithoutValue),
    }
}

fn read_value(chars: &mut Peekable<Chars<'_>>) -> Result<String, ConnInfoError> {
    let quoted = chars.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match chars.next() {
            None if quoted => return Err(ConnInfoError::Quote),
            None => return Ok(value),
            Some('\'') if quoted => return Ok(value),
            Some(c) if c.is_whitespace() && !quoted => return Ok(value),
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_libpq_reads_them() {
        for (text, key, value) in [
            ("user=a", "user", Some("a")),
            ("  user  =  a  ", "user", Some("a")),
            (r"password='it\'s a \\ b'", "password", Some(r"it's a \ b")),
            (r"password=a\ b", "password", Some("a b")),
            ("user='' port=1", "user", None),
            ("port=1 user=x", "user", Some("x")),
        ] {
            let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(parsed.get(key), value, "{text}");
        }
    }

    #[test]
    fn broken_strings_are_refused_without_their_text() {
        for text in [
            "hunter2",
            "password=my hunter2",
            "password='hunter2",
            "=hunter2",
            "password=a hunter2=b",
        ] {
            let error = parse(text).err().expect(text);
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
    }
}
