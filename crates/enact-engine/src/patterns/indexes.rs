//! Indexes that are built while everybody reads and writes.

use enact_sql::rename;
use enact_sql::tree::LONGEST_NAME;

use super::PatternError;
use super::sql::{ident, literal, suffixed, transaction};
use super::step::{Part, check};
use super::table::{Index, Partition, Table};

/// Each usable index that needs the column `old`, with a copy of it for the column `new`.
pub(super) fn copies(
    table: &Table,
    old: &str,
    new: &str,
) -> Result<Vec<(Index, Index)>, PatternError> {
    let mut copies = Vec::new();
    let excludes = |index: &Index| {
        let name = index.constraint.as_ref();
        let constraint =
            name.and_then(|name| table.constraints.iter().find(|one| one.name == *name));
        constraint.is_some_and(|constraint| constraint.kind == "x")
    };
    let of_column = table
        .indexes
        .iter()
        .filter(|index| index.columns.iter().any(|name| name == old));
    for index in of_column.filter(|index| index.valid && !excludes(index)) {
        local(table)?;
        let name = table.free(&index.name, &format!("_{new}"));
        let mut copy = index.clone();
        copy.tail = rename::column(&index.tail, old, &ident(new));
        copy.name = name;
        copy.parts.clear();
        copies.push((index.clone(), copy));
    }
    Ok(copies)
}

/// No partition is on another server.
pub(super) fn local(table: &Table) -> Result<(), PatternError> {
    match table.partitions.iter().find(|one| one.foreign) {
        None => Ok(()),
        Some(foreign) => Err(PatternError::refused(
            format!(
                "partition {} is a foreign table, which has no indexes here",
                foreign.sql
            ),
            "make the index on its own server and on each other partition, by hand",
        )),
    }
}

/// Builds an index; on a partitioned table partition by partition.
pub(super) fn create(table: &Table, index: &Index) -> Vec<Part> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut parts: Vec<Part> = Vec::new();
    if table.partitioned {
        let only = |name: &str, relation: &str| {
            format!(
                "CREATE {unique}INDEX {} ON ONLY {relation} USING {};",
                ident(name),
                index.tail
            )
        };
        let mut parents = vec![only(&index.name, &table.sql())];
        let inner = table.partitions.iter().filter(|one| one.partitioned);
        parents.extend(inner.map(|one| only(&of_partition(table, index, one), &one.sql)));
        // Each in a transaction of its own, so that no two tables are locked at once.
        parts.extend(
            parents
                .into_iter()
                .map(|parent| transaction(&[parent]).into()),
        );
        let leaves = table.partitions.iter().filter(|one| !one.partitioned);
        parts.extend(leaves.map(|one| {
            let name = of_partition(table, index, one);
            concurrent(unique, &name, &one.sql, &index.tail).into()
        }));
        let mut children: Vec<&Partition> = table.partitions.iter().collect();
        children.sort_by_key(|one| std::cmp::Reverse(one.level));
        let attach = children.into_iter().map(|one| {
            let parent = table
                .partitions
                .iter()
                .find(|other| other.sql == one.parent);
            let parent = parent.map_or_else(
                || table.beside(&index.name),
                |parent| {
                    format!(
                        "{}.{}",
                        parent.schema,
                        ident(&of_partition(table, index, parent))
                    )
                },
            );
            let child = format!("{}.{}", one.schema, ident(&of_partition(table, index, one)));
            format!("ALTER INDEX {parent} ATTACH PARTITION {child};")
        });
        let attach: Vec<String> = attach.collect();
        if !attach.is_empty() {
            parts.push(attach.join("\n").into());
        }
    } else {
        parts.push(concurrent(unique, &index.name, &table.sql(), &index.tail).into());
    }
    parts.extend(comment(table, index).map(Part::from));
    parts.push(check(
        is_valid(table, &index.name),
        format!("index {} is missing or INVALID", ident(&index.name)),
    ));
    parts
}

/// `COMMENT ON INDEX`, if it has one.
pub(super) fn comment(table: &Table, index: &Index) -> Option<String> {
    let text = index.comment.as_ref()?;
    Some(format!(
        "COMMENT ON INDEX {} IS {};",
        table.beside(&index.name),
        literal(text)
    ))
}

/// Whether the index is there and usable, as an expression.
pub(super) fn is_valid(table: &Table, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = pg_catalog.to_regclass({}) AND i.indisvalid)",
        literal(&table.beside(name))
    )
}

/// Removes an index that [`create`] built.
pub(super) fn drop(table: &Table, index: &Index) -> Vec<Part> {
    let name = table.beside(&index.name);
    // PostgreSQL cannot do it concurrently where there are partitions.
    let how = if table.partitioned {
        ""
    } else {
        " CONCURRENTLY"
    };
    vec![
        format!("DROP INDEX{how} {name};").into(),
        check(
            format!("pg_catalog.to_regclass({}) IS NULL", literal(&name)),
            format!("index {} is still there", ident(&index.name)),
        ),
    ]
}

fn concurrent(unique: &str, name: &str, relation: &str, tail: &str) -> String {
    format!(
        "CREATE {unique}INDEX CONCURRENTLY {} ON {relation} USING {tail};",
        ident(name)
    )
}

/// The name of an index's part on a partition.
fn of_partition(table: &Table, index: &Index, partition: &Partition) -> String {
    if let Some((_, name)) = index.parts.iter().find(|(of, _)| *of == partition.sql) {
        return name.clone();
    }
    let index = &index.name;
    let name = format!("{}_{index}", partition.name);
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let place = table
        .partitions
        .iter()
        .position(|one| one.sql == partition.sql);
    suffixed(index, &format!("_p{}", place.unwrap_or_default() + 1))
}
