//! The rows that existed before, against those that are there after.

use std::collections::BTreeMap;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::ProofError;
use crate::catalog::data::{self, Content, Relation};
use crate::catalog::{CatalogError, ObjectId, Snapshot};
use crate::quote::literal;

/// A table whose rows differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableChanged {
    /// Its quoted, qualified name.
    pub table: String,
    /// Rows before the migration.
    pub before: u64,
    /// Rows after the rollback; as many as before when only values differ.
    pub after: u64,
}

/// A sequence that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceMoved {
    /// Its quoted, qualified name.
    pub sequence: String,
    /// Its last value before the migration; none if it had given none.
    pub before: Option<i64>,
    /// Its last value after the rollback.
    pub after: Option<i64>,
}

/// What the tables and sequences of a schema hold. A table that is not listed is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    tables: BTreeMap<String, Content>,
    sequences: BTreeMap<String, Option<i64>>,
}

impl Contents {
    /// Reads what is in the tables and columns of `snapshot`, which must exist.
    pub async fn read(client: &Client, snapshot: &Snapshot) -> Result<Self, ProofError> {
        let read = Self::try_read(client, snapshot).await;
        read.map_err(|source| ProofError::Catalog {
            doing: "read what the tables contain",
            source,
        })
    }

    async fn try_read(client: &Client, snapshot: &Snapshot) -> Result<Self, CatalogError> {
        let relations = data::common(snapshot, snapshot);
        if relations.is_empty() {
            return Ok(Self::default());
        }
        let (sequences, tables): (Vec<Relation>, Vec<Relation>) = relations
            .into_iter()
            .partition(|one| is_sequence(snapshot, one));
        // Most tables of a test are empty: to ask for their sizes first is far cheaper than to query each.
        let sizes = format!(
            "SELECT name, NULL FROM unnest({}) name WHERE pg_catalog.pg_relation_size(name::regclass) > 0",
            array(&tables)
        );
        let values = format!(
            "SELECT name, pg_catalog.pg_sequence_last_value(name::regclass) FROM unnest({}) name",
            array(&sequences)
        );
        let filled = pairs(client, &sizes).await?;
        let tables: Vec<Relation> = tables
            .into_iter()
            .filter(|table| filled.contains_key(&table.name))
            .collect();
        let mut contents = Self {
            tables: BTreeMap::new(),
            sequences: pairs(client, &values).await?,
        };
        if !tables.is_empty() {
            contents.tables = data::digests(client, &tables).await?;
            contents.tables.retain(|_, content| content.rows > 0);
        }
        Ok(contents)
    }

    /// Tables whose rows differ from those in `after`.
    pub fn tables_changed(&self, after: &Self) -> Vec<TableChanged> {
        let rows = |content: Option<&Content>| content.map_or(0, |content| content.rows);
        let mut changed = Vec::new();
        for table in keys(&self.tables, &after.tables) {
            let (before, after) = (self.tables.get(table), after.tables.get(table));
            if before != after {
                changed.push(TableChanged {
                    table: table.clone(),
                    before: rows(before),
                    after: rows(after),
                });
            }
        }
        changed
    }

    /// Sequences that stand elsewhere than in `after`.
    pub fn sequences_moved(&self, after: &Self) -> Vec<SequenceMoved> {
        let mut moved = Vec::new();
        for sequence in keys(&self.sequences, &after.sequences) {
            let value = |contents: &Self| contents.sequences.get(sequence).copied().flatten();
            let (before, after) = (value(self), value(after));
            if before != after {
                moved.push(SequenceMoved {
                    sequence: sequence.clone(),
                    before,
                    after,
                });
            }
        }
        moved
    }
}

fn is_sequence(snapshot: &Snapshot, relation: &Relation) -> bool {
    let object = ObjectId::new("sequence", relation.name.as_str());
    snapshot.objects.contains_key(&object)
}

fn keys<'a, V>(
    one: &'a BTreeMap<String, V>,
    other: &'a BTreeMap<String, V>,
) -> std::collections::BTreeSet<&'a String> {
    one.keys().chain(other.keys()).collect()
}

fn array(relations: &[Relation]) -> String {
    let names: Vec<String> = relations.iter().map(|one| literal(&one.name)).collect();
    format!("ARRAY[{}]::text[]", names.join(", "))
}

/// The rows of a query for names and numbers.
async fn pairs(client: &Client, sql: &str) -> Result<BTreeMap<String, Option<i64>>, CatalogError> {
    let mut found = BTreeMap::new();
    for message in client.simple_query(sql).await? {
        if let SimpleQueryMessage::Row(row) = message {
            let name = row.get(0).unwrap_or_default().to_owned();
            found.insert(name, row.get(1).and_then(|number| number.parse().ok()));
        }
    }
    Ok(found)
}
