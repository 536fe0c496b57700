//! The trigger that keeps an old and a new column alike while releases write one or the other.

use enact_sql::rename;

use super::PatternError;
use super::sql::{dollar, ident, literal};
use super::table::{Column, Table};

/// Two columns of a table that hold the same, each in its own type.
#[derive(Debug, Clone)]
pub(super) struct Dual<'a> {
    pub table: &'a Table,
    pub old: &'a str,
    pub new: &'a str,
    /// The new value, an expression over the old column.
    pub forward: String,
    /// The old value, an expression over the new column.
    pub backward: String,
    /// The default of the old column, and whether it is another value each time.
    pub default: Option<(String, bool)>,
    /// Names of function and trigger.
    pub function: String,
    pub trigger: String,
}

impl<'a> Dual<'a> {
    pub fn new(
        table: &'a Table,
        column: &'a Column,
        new: &'a str,
        forward: String,
        backward: String,
    ) -> Result<Self, PatternError> {
        let default = column.default.clone();
        Ok(Self {
            table,
            old: &column.name,
            new,
            forward,
            backward,
            default: default.map(|default| (default, column.default_volatile)),
            function: super::sql::suffixed(&format!("{}_{new}", table.name), "_in_step"),
            trigger: trigger_name(table, new)?,
        })
    }

    fn function_sql(&self) -> String {
        format!("{}()", self.table.beside(&self.function))
    }

    /// Makes function and trigger. A default that is another value each time cannot be told from a given value, so
    /// the function takes it over.
    pub fn create(&self) -> Vec<String> {
        let relation = self.table.sql();
        let trigger = ident(&self.trigger);
        let mut statements = Vec::new();
        if let Some((_, true)) = self.default {
            statements.push(format!(
                "ALTER TABLE {relation} ALTER COLUMN {} DROP DEFAULT;",
                ident(self.old)
            ));
        }
        statements.push(self.function_text("CREATE FUNCTION"));
        statements.push(format!(
            "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {relation}\n    FOR EACH ROW EXECUTE FUNCTION {};",
            self.function_sql()
        ));
        statements.push(self.comment());
        statements
    }

    /// The comment on the trigger.
    pub fn comment(&self) -> String {
        let about = format!(
            "Keeps {} and {} alike until one of them is dropped",
            ident(self.old),
            ident(self.new)
        );
        format!(
            "COMMENT ON TRIGGER {} ON {} IS {};",
            ident(&self.trigger),
            self.table.sql(),
            literal(&about)
        )
    }

    /// Removes trigger and function, and gives the default back.
    pub fn drop(&self) -> Vec<String> {
        let relation = self.table.sql();
        let mut statements = vec![
            format!("DROP TRIGGER {} ON {relation};", ident(&self.trigger)),
            format!("DROP FUNCTION {};", self.function_sql()),
        ];
        if let Some((default, true)) = &self.default {
            statements.push(format!(
                "ALTER TABLE {relation} ALTER COLUMN {} SET DEFAULT {default};",
                ident(self.old)
            ));
        }
        statements
    }

    /// The function, made with `CREATE FUNCTION` or `CREATE OR REPLACE FUNCTION`.
    pub fn function_text(&self, create: &str) -> String {
        format!(
            "{create} {} RETURNS trigger LANGUAGE plpgsql AS {};",
            self.function_sql(),
            dollar(&self.body())
        )
    }

    fn body(&self) -> String {
        let (old, new) = (ident(self.old), ident(self.new));
        let forward = rename::column(&self.forward, self.old, &format!("NEW.{old}"));
        let backward = rename::column(&self.backward, self.new, &format!("NEW.{new}"));
        let (made, hidden) = match &self.default {
            None => (String::new(), String::new()),
            Some((default, true)) => (
                format!(
                    "        -- The default, which the column itself no longer has.\n        \
                     IF NEW.{old} IS NULL AND NEW.{new} IS NULL THEN\n            NEW.{old} := {default};\n        END IF;\n"
                ),
                String::new(),
            ),
            // The default stands where nothing was given.
            Some((default, false)) => (
                String::new(),
                format!(" OR NEW.{old} IS NOT DISTINCT FROM ({default})"),
            ),
        };
        format!(
            "BEGIN
    IF TG_OP = 'INSERT' THEN
{made}        IF NEW.{new} IS NULL THEN
            NEW.{new} := {forward};
        ELSIF NEW.{old} IS NULL{hidden} THEN
            NEW.{old} := {backward};
        END IF;
    ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN
        -- Who changes both knows both.
        IF NEW.{new} IS NOT DISTINCT FROM OLD.{new} THEN
            NEW.{new} := {forward};
        END IF;
    ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN
        -- What the old value already stands for does not change it.
        IF NEW.{new} IS DISTINCT FROM {forward} THEN
            NEW.{old} := {backward};
        END IF;
    ELSIF NEW.{new} IS NULL THEN
        NEW.{new} := {forward};
    END IF;
    RETURN NEW;
END"
        )
    }

    /// Whether no row differs, as an expression.
    pub fn agree(&self) -> String {
        format!(
            "NOT EXISTS (SELECT FROM {} WHERE {} IS DISTINCT FROM {})",
            self.table.sql(),
            ident(self.new),
            self.forward
        )
    }

    /// The statement that fills the new column.
    pub fn fill(&self) -> String {
        let (new, forward) = (ident(self.new), &self.forward);
        format!(
            "UPDATE {} SET {new} = {forward}\nWHERE {new} IS DISTINCT FROM {forward};",
            self.table.sql()
        )
    }
}

/// Triggers fire in the order of their names: behind those that change the columns, before those that hash the row.
fn trigger_name(table: &Table, new: &str) -> Result<String, PatternError> {
    let before = || table.triggers.iter().filter(|trigger| trigger.before_row);
    let hashes = |source: &str| {
        let source = source.to_lowercase();
        [
            "digest(", "sha224(", "sha256(", "sha384(", "sha512(", "md5(", "hmac(",
        ]
        .iter()
        .any(|call| source.contains(call))
    };
    let last = before()
        .filter(|one| !hashes(&one.source))
        .map(|one| one.name.as_str())
        .max();
    let first = before()
        .filter(|one| hashes(&one.source))
        .map(|one| one.name.as_str())
        .min();
    let usual = super::sql::suffixed(&format!("zz_{new}"), "_in_step");
    let after = |name: &str| last.is_none_or(|last| last < name);
    let ahead = |name: &str| first.is_none_or(|first| name < first);
    let mut names = vec![usual];
    names.extend(last.map(|last| format!("{last}_in_step")));
    names.push("in_step".to_owned());
    names.extend(first.and_then(just_before));
    let taken = |name: &String| table.triggers.iter().any(|one| one.name == *name);
    let fits = |name: &String| after(name) && ahead(name) && name.len() <= 63 && !taken(name);
    names.into_iter().find(fits).ok_or_else(|| {
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        PatternError::refused(
            format!(
                "a trigger that keeps two columns of {} alike must fire behind `{last}` and before `{first}`, which hashes \
                 the row, but `{first}` comes first",
                table.sql()
            ),
            format!("rename one of the triggers in a migration of its own, so that `{first}` fires last"),
        )
    })
}

/// A name that sorts right before another.
fn just_before(name: &str) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let last = letters
        .pop()
        .filter(|last| last.is_ascii_alphanumeric() && !matches!(last, '0' | 'A' | 'a'))?;
    let previous = char::from_u32(u32::from(last) - 1)?;
    letters.push(previous);
    Some(letters.into_iter().collect::<String>() + "_in_step")
}

#[cfg(test)]
mod tests {
    use super::super::table::Trigger;
    use super::*;

    fn table(triggers: &[(&str, &str)]) -> Table {
        let trigger = |(name, source): &(&str, &str)| Trigger {
            name: (*name).to_owned(),
            source: (*source).to_owned(),
            before_row: true,
            ..Trigger::default()
        };
        Table {
            triggers: triggers.iter().map(trigger).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn the_trigger_fires_between_others() {
        let name = |triggers| trigger_name(&table(triggers), "site").ok();
        assert_eq!(name(&[]).as_deref(), Some("zz_site_in_step"));
        assert_eq!(name(&[("zzz", "")]).as_deref(), Some("zzz_in_step"));
        assert_eq!(
            name(&[("a", ""), ("hash", "sha256(x)")]).as_deref(),
            Some("a_in_step")
        );
        assert_eq!(name(&[("hash", "md5(x)")]).as_deref(), Some("hasg_in_step"));
        assert_eq!(name(&[("z", ""), ("hash", "sha256(x)")]), None);
    }
}
