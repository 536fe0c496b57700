//! `[leave]`: what it gives, and what it does not.

use enact_release::{Action, Leave};
use proptest::prelude::*;

fn all(pattern: &str) -> Leave {
    let list = || vec![pattern.to_owned()];
    Leave {
        create: list(),
        grant: list(),
        index: list(),
        trigger: list(),
        policy: list(),
        comment: list(),
    }
}

#[test]
fn a_pattern_is_of_one_schema_or_one_object() {
    for (pattern, object, given) in [
        ("diary.*", "diary.sites", true),
        ("diary.*", "diary.\"Sites\"", true),
        ("diary.*", "diary", false),
        ("diary.*", "diary2.sites", false),
        ("diary.*", "\"diary\".sites", false),
        ("\"My.Diary\".*", "\"My.Diary\".sites", true),
        ("\"My.Diary\".*", "\"My.Diary2\".sites", false),
        ("diary.sites", "diary.sites", true),
        ("diary.sites", "diary.sites_archive", false),
        ("diary.sites", "DIARY.sites", false),
        ("diary.s*", "diary.sites", false),
        ("*", "diary.sites", false),
        (".*", "diary.sites", false),
        ("*.*", "diary.sites", false),
        ("", "diary.sites", false),
    ] {
        for action in Action::ALL {
            assert_eq!(
                all(pattern).allows(action, object),
                given,
                "{pattern} {object}"
            );
        }
    }
}

#[test]
fn each_action_has_its_own_list_and_key() {
    for given in Action::ALL {
        let text = format!("{{\"{}\": [\"diary.*\"]}}", given.key());
        let leave: Leave = serde_json::from_str(&text).unwrap();
        assert!(!leave.is_empty());
        for action in Action::ALL {
            assert_eq!(leave.allows(action, "diary.sites"), action == given);
        }
        assert_eq!(given.to_string(), given.key());
    }
    for text in [
        "{\"drop\": []}",
        "{\"grant\": \"diary\"}",
        "{\"grant\": [1]}",
        "{\"grant\": [], \"grant\": []}",
    ] {
        assert!(serde_json::from_str::<Leave>(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_not_written_is_not_given(pattern in "[a-b.*\"]{0,6}", object in "[a-b.\"]{1,6}") {
        let schema = pattern.strip_suffix(".*");
        let given = pattern == object || schema.is_some_and(|schema| object.starts_with(&format!("{schema}.")));
        prop_assert_eq!(all(&pattern).allows(Action::Grant, &object), given);
    }
}
