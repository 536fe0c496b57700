//! Rows of the catalog as lint wants them.

use std::collections::HashMap;

use enact_lint::{
    Catalog, Check, Column, ColumnUser, Domain, Extent, ForeignKey, Function, Index, Name,
    Relation, RelationKind, Rewrite, RowChange, Sequence, UserKind, Volatility,
};
use tokio_postgres::{Error, Row};

/// The answers, as they came.
#[derive(Debug)]
pub(super) struct Rows {
    pub relations: Vec<Row>,
    pub columns: Vec<Row>,
    pub constraints: Vec<Row>,
    pub indexes: Vec<Row>,
    pub types: Vec<Row>,
    pub functions: Vec<Row>,
    pub users: Vec<Row>,
    pub rewrites: Vec<Row>,
    pub sequences: Vec<Row>,
}

/// The place of each relation in the catalog, by its oid.
type Places = HashMap<u32, usize>;

impl Rows {
    pub fn catalog(&self) -> Result<Catalog, Error> {
        let mut catalog = Catalog {
            live: true,
            ..Catalog::default()
        };
        let mut places = Places::new();
        for row in &self.relations {
            places.insert(row.try_get(0)?, catalog.relations.len());
            catalog.relations.push(relation(row)?);
        }
        for row in &self.columns {
            if let Some(table) = place(&places, row, 0, &mut catalog)? {
                table.columns.push(column(row)?);
            }
        }
        for row in &self.constraints {
            constraint(row, &places, &mut catalog)?;
        }
        for row in &self.indexes {
            if let Some(table) = place(&places, row, 0, &mut catalog)? {
                let table = table.name.clone();
                catalog.indexes.push(index(row, table)?);
            }
        }
        for row in &self.types {
            user_type(row, &mut catalog)?;
        }
        for row in &self.functions {
            catalog.functions.push(function(row)?);
        }
        for row in &self.users {
            if let Some(table) = place(&places, row, 0, &mut catalog)? {
                let table = table.name.clone();
                catalog.users.push(user(row, table)?);
            }
        }
        for row in &self.rewrites {
            if let Some(table) = place(&places, row, 0, &mut catalog)? {
                let table = table.name.clone();
                catalog.rewrites.push(rewrite(row, table)?);
            }
        }
        for row in &self.sequences {
            if let Some(table) = place(&places, row, 2, &mut catalog)? {
                let table = table.name.clone();
                catalog.sequences.push(Sequence {
                    name: name(row, 0)?,
                    table,
                    column: row.try_get(3)?,
                    wide: row.try_get(4)?,
                });
            }
        }
        Ok(catalog)
    }
}

/// The relation whose oid stands in a column of a row.
fn place<'a>(
    places: &Places,
    row: &Row,
    column: usize,
    catalog: &'a mut Catalog,
) -> Result<Option<&'a mut Relation>, Error> {
    let oid: u32 = row.try_get(column)?;
    let place = places.get(&oid);
    Ok(place.and_then(|at| catalog.relations.get_mut(*at)))
}

/// Schema and name, which stand beside each other.
fn name(row: &Row, column: usize) -> Result<Name, Error> {
    Ok(Name {
        schema: row.try_get(column)?,
        name: row.try_get(column + 1)?,
    })
}

fn relation(row: &Row) -> Result<Relation, Error> {
    let kind: String = row.try_get(3)?;
    let (rows, bytes): (f64, i64) = (row.try_get(4)?, row.try_get(5)?);
    let kind = match kind.as_str() {
        "p" => RelationKind::Partitioned,
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        _ => RelationKind::Table,
    };
    // A table that was never analysed has no number of rows, or 0 before PostgreSQL 14.
    let known = rows > 0.0 || (rows == 0.0 && bytes > 0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, which is not negative here"
    )]
    let extent = known.then(|| Extent {
        rows: rows as u64,
        bytes: (kind != RelationKind::Partitioned).then(|| bytes.max(0) as u64),
    });
    Ok(Relation {
        name: name(row, 1)?,
        kind,
        columns: Vec::new(),
        checks: Vec::new(),
        has_policy: row.try_get(7)?,
        options: row.try_get(6)?,
        extent: extent.filter(|_| kind != RelationKind::View),
        complete: true,
    })
}

fn column(row: &Row) -> Result<Column, Error> {
    Ok(Column {
        name: row.try_get(1)?,
        type_sql: row.try_get(2)?,
        not_null: row.try_get(3)?,
        holds_null: row.try_get(4)?,
    })
}

fn constraint(row: &Row, places: &Places, catalog: &mut Catalog) -> Result<(), Error> {
    let (title, kind): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    if kind == "c" {
        let condition: Option<String> = row.try_get(4)?;
        let validated = row.try_get(3)?;
        if let Some(table) = place(places, row, 0, catalog)? {
            let check = Check::of_sql(title, condition.unwrap_or_default(), validated);
            table.checks.push(check);
        }
        return Ok(());
    }
    let references = place(places, row, 5, catalog)?.map(|table| table.name.clone());
    let table = place(places, row, 0, catalog)?.map(|table| table.name.clone());
    if let Some((table, references)) = table.zip(references) {
        catalog.foreign_keys.push(ForeignKey {
            name: title,
            table,
            references,
            columns: row.try_get(6)?,
            referenced: row.try_get(7)?,
        });
    }
    Ok(())
}

fn index(row: &Row, table: Name) -> Result<Index, Error> {
    let (partial, expressions): (bool, bool) = (row.try_get(5)?, row.try_get(6)?);
    let parts: Vec<String> = row.try_get(7)?;
    let mut columns: Vec<String> = row.try_get(8)?;
    // An expression has no name.
    let named = parts.iter().filter(|part| !part.is_empty());
    columns.extend(named.cloned());
    Ok(Index {
        name: name(row, 1)?,
        table,
        columns,
        computed: partial || expressions,
        key: parts
            .into_iter()
            .take_while(|part| !part.is_empty())
            .collect(),
        partial,
        primary: row.try_get(3)?,
        valid: row.try_get(4)?,
    })
}

fn user_type(row: &Row, catalog: &mut Catalog) -> Result<(), Error> {
    let kind: String = row.try_get(2)?;
    let own = name(row, 0)?;
    if kind == "e" {
        catalog.enums.push(own);
    } else {
        catalog.domains.push(Domain {
            name: own,
            constrained: row.try_get(4)?,
            has_default: row.try_get(3)?,
            base: row.try_get(5)?,
        });
    }
    Ok(())
}

fn function(row: &Row) -> Result<Function, Error> {
    let (volatility, language): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let (least, most): (i32, Option<i32>) = (row.try_get(4)?, row.try_get(5)?);
    let count = |number: i32| usize::try_from(number).unwrap_or_default();
    Ok(Function {
        name: name(row, 0)?,
        volatility: match (volatility.as_str(), language.as_str()) {
            ("i", _) => Volatility::Immutable,
            ("s", _) => Volatility::Stable,
            // A function in SQL may be taken into the statement, and then its body decides.
            (_, "sql") => Volatility::Unknown,
            _ => Volatility::Volatile,
        },
        arguments: (count(least), most.map_or(usize::MAX, count)),
    })
}

fn user(row: &Row, table: Name) -> Result<ColumnUser, Error> {
    let kind: String = row.try_get(2)?;
    Ok(ColumnUser {
        table,
        column: row.try_get(1)?,
        kind: match kind.as_str() {
            "view" => UserKind::View,
            "rule" => UserKind::Rule,
            "policy" => UserKind::Policy,
            "trigger" => UserKind::Trigger,
            "generated" => UserKind::Generated,
            "function" => UserKind::Function,
            _ => UserKind::Publication,
        },
        name: name(row, 3)?,
    })
}

fn rewrite(row: &Row, table: Name) -> Result<Rewrite, Error> {
    let event: String = row.try_get(2)?;
    Ok(Rewrite {
        name: row.try_get(1)?,
        table,
        event: match event.as_str() {
            "2" => RowChange::Update,
            "3" => RowChange::Insert,
            _ => RowChange::Delete,
        },
    })
}
