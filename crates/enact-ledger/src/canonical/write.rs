//! Value to canonical bytes.

use std::collections::BTreeMap;

use unicode_normalization::is_nfc;

use super::CanonicalError;
use super::MAX_DEPTH;
use super::MAX_INTEGER;
use super::Problem;
use super::Value;
use crate::text::is_forbidden;

/// Writes `value`, refusing what is outside the profile.
pub(super) fn write(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = String::new();
    put(&mut out, value, MAX_DEPTH)?;
    Ok(out.into_bytes())
}

fn put(out: &mut String, value: &Value, depth: usize) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(number) => put_integer(out, *number)?,
        Value::Text(text) => put_text(out, text)?,
        Value::List(items) => put_list(out, items, depth)?,
        Value::Object(fields) => put_object(out, fields, depth)?,
    }
    Ok(())
}

fn refuse<T>(out: &str, problem: Problem) -> Result<T, CanonicalError> {
    Err(CanonicalError {
        offset: out.len(),
        problem,
    })
}

fn put_integer(out: &mut String, number: i64) -> Result<(), CanonicalError> {
    if !(-MAX_INTEGER..=MAX_INTEGER).contains(&number) {
        return refuse(out, Problem::Number);
    }
    out.push_str(&number.to_string());
    Ok(())
}

fn put_text(out: &mut String, text: &str) -> Result<(), CanonicalError> {
    if text.chars().any(is_forbidden) {
        return refuse(out, Problem::Control);
    }
    if !text.is_ascii() && !is_nfc(text) {
        return refuse(out, Problem::Normalisation);
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}

fn put_list(out: &mut String, items: &[Value], depth: usize) -> Result<(), CanonicalError> {
    let Some(depth) = depth.checked_sub(1) else {
        return refuse(out, Problem::Depth);
    };
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        put(out, item, depth)?;
    }
    out.push(']');
    Ok(())
}

fn put_object(
    out: &mut String,
    fields: &BTreeMap<String, Value>,
    depth: usize,
) -> Result<(), CanonicalError> {
    let Some(depth) = depth.checked_sub(1) else {
        return refuse(out, Problem::Depth);
    };
    out.push('{');
    for (index, (key, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if !is_key(key) {
            return refuse(out, Problem::Key);
        }
        out.push('"');
        out.push_str(key);
        out.push_str("\":");
        put(out, value, depth)?;
    }
    out.push('}');
    Ok(())
}

/// Whether `key` may name a field.
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
