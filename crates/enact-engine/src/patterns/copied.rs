//! Constraints and indexes of a column, made for another column of its table.

use enact_sql::rename;

use super::sql::{allow, ident, transaction};
use super::step::Part;
use super::table::{Column, Constraint, Index, Table};
use super::{PatternError, constraint, indexes};

/// Constraints and indexes of the column, made for another column under names with a suffix.
pub(super) struct Copied {
    /// `CHECK` and foreign keys: the one that is there, the copy's name and definition.
    pub rules: Vec<(Constraint, String, String)>,
    /// Indexes, with the copy.
    pub indexes: Vec<(Index, Index)>,
    /// NOT NULL.
    required: bool,
}

impl Copied {
    /// `former` columns keep the names that their indexes have on partitions.
    pub fn of(
        table: &Table,
        column: &Column,
        name: &str,
        former: bool,
    ) -> Result<Self, PatternError> {
        let suffix = if former { "_former" } else { "_new" };
        let rule = |one: &&Constraint| {
            one.columns.contains(&column.name) && matches!(one.kind.as_str(), "c" | "f")
        };
        let rules = table.constraints.iter().filter(rule).map(|one| {
            let def = definition(&one.def, &column.name, name);
            (one.clone(), table.free_constraint(&one.name, suffix), def)
        });
        let mut indexes = indexes::copies(table, &column.name, name)?;
        for (index, copy) in &mut indexes {
            copy.name = table.free(&index.name, suffix);
            if former {
                copy.parts.clone_from(&index.parts);
            }
        }
        Ok(Self {
            rules: rules.collect(),
            indexes,
            required: column.not_null,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.indexes.is_empty() && !self.required
    }

    /// Makes them for the column `name`, each without holding anybody up.
    pub fn build(&self, table: &Table, name: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        if self.required {
            parts.extend(constraint::require(table, name).into_iter().map(Part::from));
        }
        for (one, copy, def) in &self.rules {
            let comment = one.comment.as_deref();
            let lines = match one.validated {
                true => constraint::add_validated(table, copy, def, comment),
                false => vec![constraint::add(table, copy, def)],
            };
            parts.extend(lines.into_iter().map(Part::from));
        }
        for (index, copy) in &self.indexes {
            parts.extend(indexes::create(table, copy));
            if index.constraint.is_some() {
                let quoted = ident(&copy.name);
                let relation = table.sql();
                parts.push(
                    format!("ALTER TABLE {relation} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted};").into(),
                );
            }
        }
        parts
    }

    /// Removes them again.
    pub fn remove(&self, table: &Table, name: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (index, copy) in self.indexes.iter().rev() {
            match index.constraint {
                Some(_) => parts.push(transaction(&[constraint::drop(table, &copy.name)]).into()),
                None => parts.extend(indexes::drop(table, copy)),
            }
        }
        for (one, copy, _) in self.rules.iter().rev() {
            let gone = constraint::drop(table, copy);
            let gone = match one.kind.as_str() {
                "f" => allow(
                    "several-strong-locks",
                    "a foreign key goes by locking both its tables",
                    &gone,
                ),
                _ => gone,
            };
            parts.push(transaction(&[gone]).into());
        }
        if self.required {
            let relation = table.sql();
            let relaxed = format!(
                "ALTER TABLE {relation} ALTER COLUMN {} DROP NOT NULL;",
                ident(name)
            );
            parts.push(transaction(&[relaxed]).into());
        }
        parts
    }
}

/// The definition for another column. Behind REFERENCES stand names of another table.
fn definition(def: &str, from: &str, to: &str) -> String {
    let renamed = |text: &str| rename::column(text, from, &ident(to));
    let Some((own, theirs)) = def.split_once(" REFERENCES ") else {
        return renamed(def);
    };
    let (theirs, action) = match theirs.find(" ON DELETE ") {
        Some(at) => theirs.split_at(at),
        None => (theirs, ""),
    };
    format!("{} REFERENCES {theirs}{}", renamed(own), renamed(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_other_table_stay() {
        let key = "FOREIGN KEY (a, id) REFERENCES s.t(id, x) ON DELETE SET NULL (id)";
        assert_eq!(
            definition(key, "id", "id_new"),
            "FOREIGN KEY (a, id_new) REFERENCES s.t(id, x) ON DELETE SET NULL (id_new)"
        );
        assert_eq!(
            definition("CHECK ((a > 0))", "a", "B"),
            "CHECK ((\"B\" > 0))"
        );
    }
}
