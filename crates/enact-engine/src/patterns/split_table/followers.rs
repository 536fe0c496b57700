//! Triggers of the old table that must fire for the new one too, once it alone has the columns.

use super::super::PatternError;
use super::super::sql::{ident, idents, literal};
use super::super::table::{Column, Table, Trigger};

/// Triggers that follow the columns, and those that cannot.
pub(super) struct Followers<'a> {
    following: Vec<&'a Trigger>,
    /// They name columns that the new table does not have, and change the row before it is stored.
    staying: Vec<&'a Trigger>,
}

impl<'a> Followers<'a> {
    pub fn of(table: &'a Table, keys: &[&Column], moved: &[&Column]) -> Result<Self, PatternError> {
        let has = |name: &str| {
            let mut columns = keys.iter().chain(moved);
            columns.any(|column| column.name.to_lowercase() == name)
        };
        let (mut following, mut staying) = (Vec::new(), Vec::new());
        // A trigger for other columns alone has nothing to do with those that move.
        let concerned = table
            .triggers
            .iter()
            .filter(|one| one.columns.is_empty() && one.enabled != "D");
        for trigger in concerned {
            let source = trigger.source.to_lowercase();
            let readable = source.contains("begin");
            if readable && named(&source).iter().all(|name| has(name)) {
                following.push(trigger);
            } else if trigger.before_row {
                staying.push(trigger);
            } else {
                return Err(PatternError::refused(
                    format!(
                        "trigger {} of {} runs {}(), which cannot run for a table without the other columns: once they have moved, \
                         nobody would see changes of {}",
                        ident(&trigger.name),
                        table.sql(),
                        trigger.function,
                        idents(moved.iter().map(|column| column.name.as_str()))
                    ),
                    "let the function use to_jsonb(NEW) ->> 'column' instead of NEW.column first, so that it works for both tables",
                ));
            }
        }
        Ok(Self { following, staying })
    }

    pub fn create(&self, old: &Table, new: &Table) -> Vec<String> {
        let relation = new.sql();
        let mut lines = Vec::new();
        for trigger in &self.following {
            let name = ident(&trigger.name);
            let from = format!(" ON {} ", old.sql());
            let def = trigger.def.replacen(&from, &format!(" ON {relation} "), 1);
            lines.push(format!("{def};"));
            let state = match trigger.enabled.as_str() {
                "A" => Some("ENABLE ALWAYS"),
                "R" => Some("ENABLE REPLICA"),
                _ => None,
            };
            lines.extend(
                state.map(|state| format!("ALTER TABLE {relation} {state} TRIGGER {name};")),
            );
            let about = trigger.comment.as_ref();
            lines.extend(about.map(|text| {
                format!(
                    "COMMENT ON TRIGGER {name} ON {relation} IS {};",
                    literal(text)
                )
            }));
        }
        lines
    }

    pub fn drop(&self, new: &Table) -> Vec<String> {
        let relation = new.sql();
        let gone = self.following.iter();
        gone.map(|one| format!("DROP TRIGGER {} ON {relation};", ident(&one.name)))
            .collect()
    }

    /// What to tell of them.
    pub fn words(&self, old: &Table, new: &Table) -> String {
        let list = |triggers: &[&Trigger]| idents(triggers.iter().map(|one| one.name.as_str()));
        let mut words = String::new();
        if !self.following.is_empty() {
            words += &format!(
                " Of the triggers of {}, {} has {} too.",
                old.sql(),
                new.sql(),
                list(&self.following)
            );
        }
        if !self.staying.is_empty() {
            words += &format!(
                " These fire for {} alone, since they name columns that stay there: {}.",
                old.sql(),
                list(&self.staying)
            );
        }
        words
    }
}

/// Columns that a function names behind `NEW.` or `OLD.`, in lower case.
fn named(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for row in ["new.", "old."] {
        for (at, _) in source.match_indices(row) {
            let inside = source[..at]
                .chars()
                .next_back()
                .is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            let rest = &source[at + row.len()..];
            let name: String = match rest.strip_prefix('"') {
                Some(quoted) => quoted.chars().take_while(|letter| *letter != '"').collect(),
                None => rest
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect(),
            };
            if !inside && !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(name: &str, source: &str, before_row: bool) -> Trigger {
        Trigger {
            name: name.to_owned(),
            def: format!(
                "CREATE TRIGGER {name} AFTER UPDATE ON a.t FOR EACH ROW EXECUTE FUNCTION f()"
            ),
            source: source.to_owned(),
            before_row,
            ..Trigger::default()
        }
    }

    fn sorted(triggers: Vec<Trigger>) -> Result<(String, String), String> {
        let column = |name: &str| Column {
            name: name.to_owned(),
            ..Column::default()
        };
        let (id, note) = (column("id"), column("note"));
        let table = Table {
            schema: "a".into(),
            name: "t".into(),
            triggers,
            ..Table::default()
        };
        let new = Table {
            name: "n".into(),
            ..table.clone()
        };
        let found = Followers::of(&table, &[&id], &[&note]).map_err(|error| error.to_string())?;
        Ok((
            found.create(&table, &new).join("\n"),
            found.words(&table, &new),
        ))
    }

    #[test]
    fn what_names_other_columns_stays_or_is_refused() {
        let audit = "BEGIN INSERT INTO log VALUES (NEW.id, to_jsonb(NEW)); RETURN NULL; END";
        let (made, words) = sorted(vec![
            trigger("audit", audit, false),
            trigger("touch", "begin new.at := now(); end", true),
        ])
        .unwrap();
        assert_eq!(
            made,
            "CREATE TRIGGER audit AFTER UPDATE ON a.n FOR EACH ROW EXECUTE FUNCTION f();"
        );
        assert!(
            words.contains("a.n has audit too") && words.contains("stay there: touch"),
            "{words}"
        );
        let told = sorted(vec![trigger(
            "tell",
            "begin perform f(old.\"Site\"); end",
            false,
        )]);
        assert!(told.unwrap_err().contains("nobody would see"));
        assert!(sorted(vec![trigger("library", "c_function", false)]).is_err());
    }
}
