//! Differences between two snapshots.

use std::collections::{BTreeMap, BTreeSet};

use super::object::ObjectId;
use super::snapshot::Snapshot;

/// One object in which two snapshots differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which object.
    pub object: ObjectId,
    /// In which way.
    pub change: Change,
}

/// How an object differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is only in the later snapshot.
    Added {
        /// Its text there.
        after: String,
    },
    /// It is only in the earlier snapshot.
    Removed {
        /// Its text there.
        before: String,
    },
    /// It is in both, with different texts.
    Changed {
        /// Its text in the earlier snapshot.
        before: String,
        /// Its text in the later snapshot.
        after: String,
    },
}

/// A table whose columns stand in another physical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOrderChange {
    /// The table's quoted, qualified name.
    pub table: String,
    /// Its columns in the earlier snapshot.
    pub before: Vec<String>,
    /// Its columns in the later snapshot.
    pub after: Vec<String>,
}

/// The objects in which two snapshots differ, sorted; empty exactly if their fingerprints are equal
/// (given the same server major version).
pub fn diff(before: &Snapshot, after: &Snapshot) -> Vec<Difference> {
    keys(&before.objects, &after.objects)
        .into_iter()
        .filter_map(|object| {
            let change = change(before.objects.get(object), after.objects.get(object))?;
            Some(Difference {
                object: object.clone(),
                change,
            })
        })
        .collect()
}

/// Tables that exist in both snapshots and hold the same columns in another order.
///
/// A table whose set of columns differs is a matter of [`diff`] and not listed here.
pub fn column_order_changes(before: &Snapshot, after: &Snapshot) -> Vec<ColumnOrderChange> {
    before
        .column_order
        .iter()
        .filter_map(|(table, columns)| {
            let now = after.column_order.get(table)?;
            (columns != now && sorted(columns) == sorted(now)).then(|| ColumnOrderChange {
                table: table.clone(),
                before: columns.clone(),
                after: now.clone(),
            })
        })
        .collect()
}

fn change(before: Option<&String>, after: Option<&String>) -> Option<Change> {
    match (before.cloned(), after.cloned()) {
        (Some(before), Some(after)) if before != after => Some(Change::Changed { before, after }),
        (Some(before), None) => Some(Change::Removed { before }),
        (None, Some(after)) => Some(Change::Added { after }),
        _ => None,
    }
}

fn keys<'a, V>(
    one: &'a BTreeMap<ObjectId, V>,
    other: &'a BTreeMap<ObjectId, V>,
) -> BTreeSet<&'a ObjectId> {
    one.keys().chain(other.keys()).collect()
}

fn sorted(columns: &[String]) -> Vec<&String> {
    let mut columns: Vec<_> = columns.iter().collect();
    columns.sort();
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(objects: &[(&str, &str)], order: &[&str]) -> Snapshot {
        Snapshot {
            server_major: 15,
            objects: objects
                .iter()
                .map(|(name, text)| (ObjectId::new("table", *name), (*text).to_owned()))
                .collect(),
            column_order: [(
                "t".to_owned(),
                order.iter().map(|name| (*name).to_owned()).collect(),
            )]
            .into(),
        }
    }

    #[test]
    fn names_what_was_added_removed_and_changed() {
        let before = snapshot(&[("gone", "1"), ("same", "2"), ("t", "3")], &[]);
        let after = snapshot(&[("new", "4"), ("same", "2"), ("t", "5")], &[]);
        let found: Vec<String> = diff(&before, &after)
            .into_iter()
            .map(|d| format!("{} {:?}", d.object, d.change))
            .collect();
        assert_eq!(
            found,
            [
                r#"table gone Removed { before: "1" }"#,
                r#"table new Added { after: "4" }"#,
                r#"table t Changed { before: "3", after: "5" }"#,
            ]
        );
        assert_eq!(diff(&before, &before), []);
    }

    #[test]
    fn column_order_is_told_apart_from_other_columns() {
        let before = snapshot(&[], &["a", "b"]);
        assert_eq!(
            column_order_changes(&before, &snapshot(&[], &["b", "a"])).len(),
            1
        );
        assert_eq!(
            column_order_changes(&before, &snapshot(&[], &["a", "b"])),
            []
        );
        assert_eq!(
            column_order_changes(&before, &snapshot(&[], &["b", "c"])),
            []
        );
    }
}
