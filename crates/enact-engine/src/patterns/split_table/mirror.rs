//! The triggers that keep two tables alike while releases write one or the other.

use super::super::sql::{dollar, ident, literal, suffixed};
use super::super::table::{Column, Table};

/// Functions and triggers in both directions.
pub(super) struct Mirror<'a> {
    old: &'a Table,
    new: String,
    keys: Vec<String>,
    moved: Vec<String>,
    path: String,
    /// Triggers of the old table ask who writes, so that it must stay the one who does.
    as_writer: bool,
    /// Functions: of the old table's triggers, and of the new one's.
    forth: String,
    back: String,
    /// Triggers: on the old table, and on the new one.
    changed: String,
    made: String,
    returned: String,
    kept: String,
}

impl<'a> Mirror<'a> {
    pub fn of(
        old: &'a Table,
        new: &Table,
        keys: &[&Column],
        moved: &[&Column],
        schemas: &[String],
    ) -> Self {
        let names =
            |columns: &[&Column]| columns.iter().map(|column| ident(&column.name)).collect();
        let mut path = vec!["pg_catalog".to_owned()];
        path.extend_from_slice(schemas);
        path.push("pg_temp".to_owned());
        let asks = |source: &str| {
            let source = source.to_lowercase();
            ["current_user", "current_role", "user"].iter().any(|word| {
                source
                    .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                    .any(|found| found == *word)
            })
        };
        let trigger = |suffix: &str| {
            let mut name = suffixed(&format!("zz_{}", new.name), suffix);
            while old.triggers.iter().any(|one| one.name == name) {
                name = suffixed(&format!("z{name}"), suffix);
            }
            name
        };
        Self {
            old,
            new: new.sql(),
            keys: names(keys),
            moved: names(moved),
            path: path.join(", "),
            as_writer: old.triggers.iter().any(|one| asks(&one.source)),
            forth: suffixed(&format!("{}_from_{}", new.name, old.name), "_in_step"),
            back: suffixed(&format!("{}_from_{}", old.name, new.name), "_in_step"),
            changed: trigger("_in_step"),
            made: trigger("_made"),
            returned: suffixed(&format!("zz_{}", old.name), "_in_step"),
            kept: suffixed(&format!("zz_{}", old.name), "_kept"),
        }
    }

    fn row(&self, of: &str) -> String {
        let values: Vec<String> = self
            .moved
            .iter()
            .map(|name| format!("{of}.{name}"))
            .collect();
        format!("CAST(ROW({}) AS record)", values.join(", "))
    }

    /// To the last byte, and for types without an equality operator too. The cast keeps the server from comparing column
    /// by column.
    fn differ(&self, one: &str, other: &str) -> String {
        format!(
            "{} OPERATOR(pg_catalog.*<>) {}",
            self.row(one),
            self.row(other)
        )
    }

    fn same_key(&self, one: &str, other: &str) -> String {
        let same: Vec<String> = self
            .keys
            .iter()
            .map(|key| format!("{one}.{key} = {other}.{key}"))
            .collect();
        same.join(" AND ")
    }

    fn set(&self, from: &str) -> String {
        let set: Vec<String> = self
            .moved
            .iter()
            .map(|name| format!("{name} = {from}.{name}"))
            .collect();
        set.join(", ")
    }

    fn list(&self, prefix: &str) -> String {
        let all: Vec<String> = self
            .keys
            .iter()
            .chain(&self.moved)
            .map(|name| format!("{prefix}{name}"))
            .collect();
        all.join(", ")
    }

    fn function(&self, name: &str, definer: bool, body: &str) -> String {
        let definer = if definer { " SECURITY DEFINER" } else { "" };
        format!(
            "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql{definer}\nSET search_path = {} AS {};",
            self.old.beside(name),
            self.path,
            dollar(body)
        )
    }

    /// From the old table to the new one.
    fn forth_body(&self) -> String {
        let (old, new) = (self.old.sql(), &self.new);
        let (keys, all) = (self.keys.join(", "), self.list(""));
        format!(
            "#variable_conflict use_column
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- At the end of the transaction, unless the writer has made the row by then.
        INSERT INTO {new} ({all})
        SELECT {} FROM {old} AS o WHERE {}
        ON CONFLICT ({keys}) DO NOTHING;
    ELSE
        INSERT INTO {new} AS n ({all}) VALUES ({})
        ON CONFLICT ({keys}) DO UPDATE SET {}
        WHERE {};
    END IF;
    RETURN NULL;
END",
            self.list("o."),
            self.same_key("o", "NEW"),
            self.list("NEW."),
            self.set("EXCLUDED"),
            self.differ("n", "EXCLUDED"),
        )
    }

    /// From the new table to the old one.
    fn back_body(&self) -> String {
        let (old, new) = (self.old.sql(), &self.new);
        format!(
            "#variable_conflict use_column
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM {old} AS o WHERE {}) AND NOT EXISTS (SELECT FROM {new} AS n WHERE {}) THEN
            RAISE EXCEPTION {} USING ERRCODE = 'foreign_key_violation',
                HINT = 'Set its columns to NULL, or delete the other row too.';
        END IF;
    ELSE
        -- What the other table holds already stays untouched.
        UPDATE {old} AS o SET {} WHERE {} AND {};
    END IF;
    RETURN NULL;
END",
            self.same_key("o", "OLD"),
            self.same_key("n", "OLD"),
            literal(&format!("each row of {old} has one of {new}").replace('%', "%%")),
            self.set("NEW"),
            self.same_key("o", "NEW"),
            self.differ("o", "NEW"),
        )
    }

    pub fn create(&self) -> Vec<String> {
        let (old, new) = (self.old.sql(), &self.new);
        let changed = |of: &str| format!("CAST(ROW({}) AS record)", self.list(&format!("{of}.")));
        let run = |name: &str| format!("EXECUTE FUNCTION {}()", self.old.beside(name));
        let mut lines = vec![
            self.function(&self.forth, true, &self.forth_body()),
            self.function(&self.back, !self.as_writer, &self.back_body()),
            format!(
                "CREATE TRIGGER {} AFTER UPDATE ON {old} FOR EACH ROW\n    WHEN ({} OPERATOR(pg_catalog.*<>) {}) {};",
                ident(&self.changed),
                changed("OLD"),
                changed("NEW"),
                run(&self.forth)
            ),
            format!(
                "CREATE CONSTRAINT TRIGGER {} AFTER INSERT ON {old} DEFERRABLE INITIALLY DEFERRED\n    FOR EACH ROW {};",
                ident(&self.made),
                run(&self.forth)
            ),
            format!(
                "CREATE TRIGGER {} AFTER INSERT OR UPDATE ON {new} FOR EACH ROW {};",
                ident(&self.returned),
                run(&self.back)
            ),
            format!(
                "CREATE CONSTRAINT TRIGGER {} AFTER DELETE ON {new} DEFERRABLE INITIALLY DEFERRED\n    FOR EACH ROW {};",
                ident(&self.kept),
                run(&self.back)
            ),
        ];
        let about = literal(&format!(
            "Keeps {old} and {new} alike until columns of the former are dropped"
        ));
        let comment =
            |(name, on): (String, String)| format!("COMMENT ON TRIGGER {name} ON {on} IS {about};");
        lines.extend(self.triggers().map(comment));
        lines
    }

    /// Both tables are locked at once, before anything else is.
    pub fn lock(&self) -> String {
        format!(
            "LOCK TABLE {}, {} IN ACCESS EXCLUSIVE MODE;",
            self.old.sql(),
            self.new
        )
    }

    fn triggers(&self) -> impl Iterator<Item = (String, String)> {
        let old = [&self.changed, &self.made].map(|name| (ident(name), self.old.sql()));
        let new = [&self.returned, &self.kept].map(|name| (ident(name), self.new.clone()));
        old.into_iter().chain(new)
    }

    /// Removes triggers and functions, under a lock on both tables.
    pub fn drop(&self) -> Vec<String> {
        let mut lines = vec![self.lock()];
        lines.extend(
            self.triggers()
                .map(|(name, on)| format!("DROP TRIGGER {name} ON {on};")),
        );
        let functions = [&self.forth, &self.back];
        lines.extend(functions.map(|name| format!("DROP FUNCTION {}();", self.old.beside(name))));
        lines
    }

    /// Whether every row has its like, as an expression.
    pub fn agree(&self) -> String {
        format!(
            "NOT EXISTS (SELECT FROM {} AS o LEFT JOIN {} AS n ON {}\n        WHERE n.{} IS NULL OR {})",
            self.old.sql(),
            self.new,
            self.same_key("n", "o"),
            self.keys.first().map_or("", String::as_str),
            self.differ("o", "n")
        )
    }

    /// The statement that fills the columns of the old table again.
    pub fn refill(&self) -> String {
        format!(
            "UPDATE {} AS o SET {}\nFROM {} AS n WHERE {}\n    AND {};",
            self.old.sql(),
            self.set("n"),
            self.new,
            self.same_key("n", "o"),
            self.differ("o", "n")
        )
    }
}
