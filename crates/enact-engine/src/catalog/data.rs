//! Digests of what tables contain, for a proof that data survives a migration and its rollback.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::CatalogError;
use super::queries::SETTINGS;
use super::snapshot::Snapshot;
use crate::quote::{ident, literal};

/// A table (or sequence) and the columns of it that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name, qualified and quoted as SQL and [`Snapshot::column_order`] want it.
    pub name: String,
    /// The quoted names of its columns, in the order they are compared in.
    pub columns: Vec<String>,
}

/// What one table contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The number of rows.
    pub rows: u64,
    /// A digest of the rows' values that does not depend on their order.
    pub digest: [u8; 32],
}

impl Relation {
    /// A relation by its plain, unquoted names.
    pub fn new<'a>(schema: &str, table: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            name: format!("{}.{}", ident(schema), ident(table)),
            columns: columns.into_iter().map(ident).collect(),
        }
    }
}

/// The tables and sequences two snapshots have in common, with the columns they have in common: what
/// must hold the same data if a migration or its rollback kept what it did not have to change.
pub fn common(before: &Snapshot, after: &Snapshot) -> Vec<Relation> {
    let tables = before.column_order.iter().filter_map(|(name, columns)| {
        let now = after.column_order.get(name)?;
        let mut columns: Vec<_> = columns
            .iter()
            .filter(|c| now.contains(c))
            .cloned()
            .collect();
        columns.sort();
        (has(before, "table", name) && has(after, "table", name)).then(|| Relation {
            name: name.clone(),
            columns,
        })
    });
    let sequences = before
        .objects
        .keys()
        .filter(|object| object.kind == "sequence" && after.objects.contains_key(object))
        .map(|object| Relation {
            name: object.name.clone(),
            columns: vec!["last_value".to_owned(), "is_called".to_owned()],
        });
    tables.chain(sequences).collect()
}

/// Digests the contents of relations, each without its children, in one round trip and one state, on
/// a connection that is in no transaction. The keys of the answer are the relations' names.
///
/// The server hashes each row to 128 bits and adds them up: proof against mistakes, not forgery.
///
/// # Errors
/// What the server reports, also where row-level security would hide rows from this role.
pub async fn digests(
    client: &Client,
    relations: &[Relation],
) -> Result<BTreeMap<String, Content>, CatalogError> {
    let queries: Vec<String> = relations.iter().map(query).collect();
    let text = format!(
        "set transaction isolation level repeatable read, read only;\n{SETTINGS};\n\
         set local row_security = off;\n{}",
        queries.join(";\n")
    );
    let mut contents = BTreeMap::new();
    for message in client.simple_query(&text).await? {
        if let SimpleQueryMessage::Row(row) = message
            && row.len() == 4
        {
            let (name, content) = content(&row)?;
            contents.insert(name, content);
        }
    }
    Ok(contents)
}

fn has(snapshot: &Snapshot, kind: &str, name: &str) -> bool {
    let object = super::ObjectId::new(kind, name);
    snapshot.objects.contains_key(&object)
}

fn query(relation: &Relation) -> String {
    format!(
        "select {}, count(*), sum(hashtextextended(content, 0)), sum(hashtextextended(content, 1)) \
         from (select row({})::text collate \"C\" as content from only {}) rows",
        literal(&relation.name),
        relation.columns.join(", "),
        relation.name
    )
}

fn content(row: &SimpleQueryRow) -> Result<(String, Content), CatalogError> {
    let unexpected = || CatalogError::Unexpected {
        what: "a digest without its relation",
    };
    let name = row.get(0).ok_or_else(unexpected)?.to_owned();
    let rows = row.get(1).and_then(|n| n.parse().ok());
    let rows = rows.ok_or_else(unexpected)?;
    let sums = [row.get(2).unwrap_or("0"), row.get(3).unwrap_or("0")];
    let text = format!("enact.content 1 {rows} {} {}", sums[0], sums[1]);
    let digest = Sha256::digest(text.as_bytes()).into();
    Ok((name, Content { rows, digest }))
}
