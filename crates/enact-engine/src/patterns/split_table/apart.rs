//! The new table: the key, and the moved columns with all that belongs to them.

use super::super::column::{collation, like};
use super::super::sql::{ident, idents, literal, suffixed};
use super::super::table::{Column, Grant, Table};

/// The new table.
pub(super) struct Apart<'a> {
    /// As far as others need to know it.
    pub table: Table,
    source: &'a Table,
    keys: Vec<&'a Column>,
    moved: Vec<&'a Column>,
}

impl<'a> Apart<'a> {
    pub fn of(source: &'a Table, keys: &[&'a Column], moved: &[&'a Column], into: &str) -> Self {
        let table = Table {
            major: source.major,
            schema: source.schema.clone(),
            name: into.to_owned(),
            rls: source.rls,
            ..Table::default()
        };
        let (keys, moved) = (keys.to_vec(), moved.to_vec());
        Self {
            table,
            source,
            keys,
            moved,
        }
    }

    fn moves(&self, columns: &[String]) -> bool {
        columns
            .iter()
            .any(|name| self.moved.iter().any(|column| column.name == *name))
    }

    /// A name that the new table's things can have: its own name for that of the table they come from.
    fn named(&self, name: &str) -> String {
        match name.strip_prefix(self.source.name.as_str()) {
            Some(rest) => self.source.free(&format!("{}{rest}", self.table.name), ""),
            None => self.source.free(name, "_moved"),
        }
    }

    /// Everything but foreign keys to other tables.
    pub fn create(&self) -> Vec<String> {
        let relation = self.table.sql();
        let mut lines = vec![self.definition()];
        let about = format!(
            "Columns of {}, one row for each of its rows",
            self.source.sql()
        );
        lines.push(format!(
            "COMMENT ON TABLE {relation} IS {};",
            literal(&about)
        ));
        for column in &self.keys {
            let bare = Column {
                grants: self.key_grants(column),
                statistics: None,
                options: None,
                ..(*column).clone()
            };
            lines.extend(like(&self.table, &bare, &column.name, &column.type_sql));
        }
        for column in &self.moved {
            lines.extend(like(&self.table, column, &column.name, &column.type_sql));
        }
        lines.extend(self.constraints());
        lines.extend(self.indexes());
        lines.extend(
            self.source
                .grants
                .iter()
                .map(|grant| grant.sql(&relation, None)),
        );
        lines.extend(self.policies());
        lines
    }

    fn definition(&self) -> String {
        let relation = self.table.sql();
        let column = |column: &&Column| {
            let name = ident(&column.name);
            let of = &column.type_sql;
            let collation = collation(column, of);
            let own = self.moved.iter().any(|moved| moved.name == column.name);
            let default = column.default.as_ref().filter(|_| own);
            let default = default.map_or_else(String::new, |value| format!(" DEFAULT {value}"));
            let required = if own && column.not_null {
                " NOT NULL"
            } else {
                ""
            };
            format!("    {name} {of}{collation}{default}{required}")
        };
        let mut lines: Vec<String> = self.keys.iter().chain(&self.moved).map(column).collect();
        let keys = idents(self.keys.iter().map(|column| column.name.as_str()));
        let name = &self.table.name;
        lines.push(format!(
            "    CONSTRAINT {} PRIMARY KEY ({keys})",
            ident(&self.source.free(&suffixed(name, "_pkey"), ""))
        ));
        lines.push(format!(
            "    CONSTRAINT {} FOREIGN KEY ({keys}) REFERENCES {} ({keys})\n        ON UPDATE CASCADE ON DELETE CASCADE",
            ident(&suffixed(name, "_fkey")),
            self.source.sql()
        ));
        format!("CREATE TABLE {relation} (\n{}\n);", lines.join(",\n"))
    }

    /// Rights on the key for those who have such on moved columns.
    fn key_grants(&self, key: &Column) -> Vec<Grant> {
        let concerned = |grant: &&Grant| {
            let moved = self.moved.iter().flat_map(|column| &column.grants);
            moved
                .into_iter()
                .any(|other| other.grantee == grant.grantee)
        };
        key.grants.iter().filter(concerned).cloned().collect()
    }

    /// Foreign keys of moved columns: name and statement. Each locks another table.
    pub fn foreign_keys(&self) -> Vec<(String, String)> {
        let keys = self.source.constraints.iter().filter(|one| one.kind == "f");
        let keys = keys.filter(|one| self.moves(&one.columns));
        keys.map(|one| {
            let name = self.named(&one.name);
            let mut add = self.added(&name, &one.def);
            add.extend(self.about(&name, one.comment.as_deref()));
            (name, add.join("\n"))
        })
        .collect()
    }

    fn added(&self, name: &str, def: &str) -> Vec<String> {
        let def = def.trim_end_matches(" NOT VALID");
        vec![format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {def};",
            self.table.sql(),
            ident(name)
        )]
    }

    fn about(&self, name: &str, comment: Option<&str>) -> Option<String> {
        comment.map(|text| {
            format!(
                "COMMENT ON CONSTRAINT {} ON {} IS {};",
                ident(name),
                self.table.sql(),
                literal(text)
            )
        })
    }

    fn constraints(&self) -> Vec<String> {
        let own = self
            .source
            .constraints
            .iter()
            .filter(|one| matches!(one.kind.as_str(), "c" | "u"));
        own.filter(|one| self.moves(&one.columns))
            .flat_map(|one| {
                let name = self.named(&one.name);
                let mut lines = self.added(&name, &one.def);
                lines.extend(self.about(&name, one.comment.as_deref()));
                lines
            })
            .collect()
    }

    fn indexes(&self) -> Vec<String> {
        let relation = self.table.sql();
        let plain = self
            .source
            .indexes
            .iter()
            .filter(|one| one.constraint.is_none() && one.valid);
        plain
            .filter(|one| self.moves(&one.columns))
            .flat_map(|one| {
                let name = self.named(&one.name);
                let unique = if one.unique { "UNIQUE " } else { "" };
                let create = format!(
                    "CREATE {unique}INDEX {} ON {relation} USING {};",
                    ident(&name),
                    one.tail
                );
                let about = one.comment.as_ref().map(|text| {
                    format!(
                        "COMMENT ON INDEX {} IS {};",
                        self.table.beside(&name),
                        literal(text)
                    )
                });
                [create].into_iter().chain(about)
            })
            .collect()
    }

    /// Who may see or write a row of the old table may do so with the one beside it.
    fn policies(&self) -> Vec<String> {
        if !self.source.rls {
            return Vec::new();
        }
        let relation = self.table.sql();
        let mut lines = vec![format!("ALTER TABLE {relation} ENABLE ROW LEVEL SECURITY;")];
        for policy in &self.source.policies {
            let name = ident(&policy.name);
            let clause = |word: &str, condition: &Option<String>| {
                condition.as_ref().map_or_else(String::new, |condition| {
                    format!("\n    {word} ({})", self.beside(condition))
                })
            };
            lines.push(format!(
                "CREATE POLICY {name} ON {relation} {}{}{};",
                policy.head,
                clause("USING", &policy.using),
                clause("WITH CHECK", &policy.check)
            ));
            let about = policy.comment.as_ref();
            lines.extend(about.map(|text| {
                format!(
                    "COMMENT ON POLICY {name} ON {relation} IS {};",
                    literal(text)
                )
            }));
        }
        lines
    }

    /// The condition for the row of the old table. Its names are that table's, since they are looked up there first.
    fn beside(&self, condition: &str) -> String {
        let (old, new) = (ident(&self.source.name), ident(&self.table.name));
        let same: Vec<String> = self
            .keys
            .iter()
            .map(|column| ident(&column.name))
            .map(|key| format!("{old}.{key} = {new}.{key}"))
            .collect();
        format!(
            "EXISTS (SELECT FROM {} WHERE {} AND ({condition}))",
            self.source.sql(),
            same.join(" AND ")
        )
    }

    /// Row-level security for the owner too, where the old table has that. Not before the end: triggers write as the owner.
    pub fn forced(&self, forth: bool) -> Option<String> {
        let no = if forth { "" } else { "NO " };
        self.source.rls_forced.then(|| {
            format!(
                "ALTER TABLE {} {no}FORCE ROW LEVEL SECURITY;",
                self.table.sql()
            )
        })
    }
}
