//! Manifests that say what no release may.

use std::fs;

use enact_release::{Manifest, Package};
use serde_json::{Value, json};

use crate::kit;

fn good() -> Value {
    let bytes = kit::manifest("1.3.0", &["sites", "visits"])
        .to_bytes()
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Why the manifest is refused once it is changed.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut json = good();
    change(&mut json);
    Manifest::parse(&kit::bytes(&json)).unwrap_err()
}

fn set(pointer: &str, value: Value) -> String {
    refused(|json| *json.pointer_mut(pointer).unwrap() = value)
}

fn add(pointer: &str, value: Value) -> String {
    refused(|json| {
        let object = json.pointer_mut(pointer).unwrap();
        object["surprise"] = value;
    })
}

#[test]
fn the_untouched_one_is_read() {
    let read = Manifest::parse(&kit::bytes(&good())).unwrap();
    assert_eq!(read, kit::manifest("1.3.0", &["sites", "visits"]));
}

#[test]
fn keys_are_sorted_on_every_level() {
    fn check(json: &Value, text: &str) {
        if let Value::Object(map) = json {
            let keys: Vec<&String> = map.keys().collect();
            assert!(keys.is_sorted(), "{keys:?} in {text}");
        }
        let inner: Vec<&Value> = match json {
            Value::Object(map) => map.values().collect(),
            Value::Array(list) => list.iter().collect(),
            _ => Vec::new(),
        };
        inner.into_iter().for_each(|json| check(json, text));
    }
    let bytes = kit::manifest("1.3.0", &["sites"]).to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    check(&serde_json::from_str(&text).unwrap(), &text);
    let (digest, file) = (text.find("\"digest\""), text.find("\"file\""));
    assert!(digest.unwrap() < file.unwrap(), "{text}");
}

#[test]
fn no_file_is_anywhere_but_where_it_belongs() {
    for path in [
        "../001_sites.sql",
        "migrations/../../001_sites.sql",
        "migrations/../migrations/001_sites.sql",
        "migrations/./001_sites.sql",
        "migrations//001_sites.sql",
        "/etc/001_sites.sql",
        "/migrations/001_sites.sql",
        "001_sites.sql",
        "objects/001_sites.sql",
        "migrations/rollback/001_sites.sql",
        "migrations/002_sites.sql",
        "migrations/+01_sites.sql",
        "migrations/_sites.sql",
        "migrations/001_sites.sql/",
        "migrations/001_visits.sql",
        "migrations/001_sites.SQL",
        "C:\\migrations\\001_sites.sql",
        "manifest.json",
        "",
    ] {
        let error = set("/migrations/0/file", json!(path));
        assert!(
            error.contains("is no name for a file of migration 1"),
            "{path}: {error}"
        );
    }
    for path in [
        "../../x",
        "/x",
        "migrations/001_sites.sql",
        "migrations/001_rollback.sql",
        "migrations/rollback/002_rollback.sql",
        "migrations/rollback/rollback/001_rollback.sql",
    ] {
        let error = set("/migrations/0/rollback/file", json!(path));
        assert!(
            error.contains("is no name for a file of migration 1"),
            "{path}: {error}"
        );
    }
    for path in [
        "../15.json",
        "/15.json",
        "objects/16.json",
        "manifest.json",
        "",
    ] {
        let error = set("/proven/0/objects", json!(path));
        assert!(
            error.contains("is no name for the objects"),
            "{path}: {error}"
        );
    }
}

#[test]
fn a_name_does_not_lead_into_another_folder() {
    let error = refused(|json| {
        json["migrations"][0]["name"] = json!("a/../sites");
        json["migrations"][0]["file"] = json!("migrations/001_a/../sites.sql");
    });
    assert!(error.contains("is no name for a file"), "{error}");
}

#[test]
fn wider_numbers_are_numbers() {
    let mut json = good();
    json["migrations"][0]["file"] = json!("migrations/0001_sites.sql");
    Manifest::parse(&kit::bytes(&json)).unwrap();
}

#[test]
fn one_file_stands_for_one_migration() {
    let error = set("/migrations/1/file", json!("migrations/001_sites.sql"));
    assert!(
        error.contains("is no name for a file of migration 2"),
        "{error}"
    );
    let first = good()["migrations"][0].clone();
    let error = set("/migrations/1", first);
    assert!(
        error.contains("migration 1 stands in the place of 2"),
        "{error}"
    );
}

#[test]
fn numbers_have_no_gap_and_begin_with_one() {
    for (at, number) in [(0, 2), (0, 0), (1, 1), (1, 3)] {
        let error = set(&format!("/migrations/{at}/number"), json!(number));
        let expected = format!("migration {number} stands in the place of {}", at + 1);
        assert!(error.contains(&expected), "{error}");
    }
    for number in [json!(-1), json!(1.0), json!("1"), json!(4_294_967_297_u64)] {
        set("/migrations/0/number", number);
    }
    assert!(set("/migrations", json!([])).contains("names no migration"));
}

#[test]
fn unknown_fields_are_refused_on_every_level() {
    for pointer in [
        "",
        "/migrations/0",
        "/migrations/0/rollback",
        "/proven/0",
        "/leave",
    ] {
        let error = add(pointer, json!(1));
        assert!(
            error.contains("unknown field `surprise`"),
            "{pointer}: {error}"
        );
    }
    for (field, value) in [
        (
            "previous",
            json!({"version": "1.2.0", "manifest": format!("sha256:{}", "0".repeat(64)), "x": 1}),
        ),
        ("hotfix", json!({"severity": "high", "reason": "r", "x": 1})),
    ] {
        let error = refused(|json| json[field] = value);
        assert!(error.contains("unknown field `x`"), "{error}");
    }
}

#[test]
fn what_a_field_says_is_checked() {
    let lf = good()["migrations"][0]["digest"].clone();
    let tokens = good()["migrations"][0]["meaning"].clone();
    for (pointer, value, expected) in [
        (
            "/schema",
            json!("enact.release/2"),
            "is not `enact.release/1`",
        ),
        ("/version", json!("1.3"), "is no version"),
        ("/version", json!("v1.3.0"), "is no version"),
        ("/version", json!("../1.3.0"), "is no version"),
        (
            "/migrations/0/digest",
            json!("sha256:00"),
            "not a file digest",
        ),
        (
            "/migrations/0/digest",
            tokens.clone(),
            "is not of its bytes",
        ),
        (
            "/migrations/0/rollback/digest",
            tokens,
            "is not of its bytes",
        ),
        ("/migrations/0/meaning", lf, "is no digest of tokens"),
        (
            "/migrations/0/rollback",
            Value::Null,
            "neither a rollback nor a reason",
        ),
        (
            "/proven/1/major",
            json!(15),
            "proven twice, or out of order",
        ),
        ("/proven/0/major", json!(17), "is no name for the objects"),
        ("/proven/0/fingerprints", json!({}), "not of each migration"),
    ] {
        let error = set(pointer, value);
        assert!(error.contains(expected), "{pointer}: {error}");
    }
    let both = refused(|json| json["migrations"][0]["no_rollback"] = json!("no"));
    assert!(both.contains("or both"), "{both}");
    let more = refused(|json| {
        let one = json["proven"][0]["fingerprints"]["001"].clone();
        json["proven"][0]["fingerprints"]["003"] = one;
    });
    assert!(more.contains("not of each migration"), "{more}");
}

/// Readers of JSON differ in which of two equal keys they take, so two people could see two releases in one digest.
#[test]
fn a_key_that_is_there_twice_is_refused() {
    let text = String::from_utf8(kit::bytes(&good())).unwrap();
    let twice = |line: &str, other: &str| {
        assert!(text.contains(line), "{line}");
        let text = text.replacen(line, &format!("{other}\n{line}"), 1);
        Manifest::parse(text.as_bytes()).unwrap_err()
    };
    for (line, other) in [
        ("  \"version\": \"1.3.0\"", "  \"version\": \"1.2.0\","),
        ("      \"name\": \"sites\",", "      \"name\": \"other\","),
        (
            "      \"file\": \"migrations/001_sites.sql\",",
            "      \"file\": \"x\",",
        ),
    ] {
        let error = twice(line, other);
        assert!(error.contains("duplicate field"), "{error}");
    }
    let other = format!("        \"001\": \"sha256:{}\",", "0".repeat(64));
    let first = text.lines().find(|line| line.contains("\"001\"")).unwrap();
    assert!(twice(first, &other).contains("one form"));
    assert!(twice(first, &other.replace("001", "1")).contains("one form"));
}

#[test]
fn another_spelling_of_the_same_is_refused() {
    let bytes = kit::bytes(&good());
    let text = String::from_utf8(bytes.clone()).unwrap();
    let compact = serde_json::to_string(&good()).unwrap();
    for other in [
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("\u{feff}{text}"),
        text.replace('\n', "\r\n"),
        text.replace("sites", "\\u0073ites"),
        compact,
    ] {
        Manifest::parse(other.as_bytes()).unwrap_err();
    }
    Manifest::parse(&bytes).unwrap();
}

#[test]
fn one_that_is_cut_anywhere_is_refused() {
    let bytes = kit::bytes(&good());
    for end in 0..bytes.len() {
        assert!(Manifest::parse(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn one_that_is_no_json_is_named() {
    let (_place, folder) = kit::written();
    for bytes in [&b""[..], b"null", b"[]", b"\xff\xfe", &b"[".repeat(100_000)] {
        fs::write(folder.join("manifest.json"), bytes).unwrap();
        let error = Package::read(&folder).unwrap_err().to_string();
        assert!(
            error.contains("manifest.json is not what `enact release` writes"),
            "{error}"
        );
    }
}
