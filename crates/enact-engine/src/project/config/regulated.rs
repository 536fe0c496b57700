//! `[regulated]`: tables and columns that a regulator looks at.

use enact_lint::{Name, Regulated};
use toml::Spanned;

use super::check::Checker;
use super::raw::RawRegulated;

impl Checker<'_> {
    pub(super) fn regulated(&mut self, raw: &RawRegulated) -> Regulated {
        let append_only = self.tables(&raw.append_only);
        let access = self.tables(&raw.access);
        let signatures = raw.signatures.iter();
        let signatures = signatures.filter_map(|name| self.column(name)).collect();
        Regulated {
            append_only,
            access,
            signatures,
        }
    }

    fn tables(&mut self, names: &[Spanned<String>]) -> Vec<Name> {
        let names = names.iter();
        names.filter_map(|name| self.table(name)).collect()
    }

    fn table(&mut self, name: &Spanned<String>) -> Option<Name> {
        let (schema, own) = split(name.get_ref());
        let table = self.named(name, own)?;
        match schema {
            None => Some(Name::plain(table)),
            Some(schema) => Some(Name {
                schema: Some(self.named(name, schema)?),
                name: table,
            }),
        }
    }

    fn column(&mut self, name: &Spanned<String>) -> Option<(Name, String)> {
        let (Some(table), column) = split(name.get_ref()) else {
            let message = format!("`{}` names no column", name.get_ref());
            let mend = "write the table and the column, such as \"consent.signed_by\"";
            self.problem(name.span().start, "config-name", message, mend);
            return None;
        };
        let column = self.named(name, column)?;
        let (schema, table) = split(table);
        let table = self.named(name, table)?;
        let schema = match schema {
            None => None,
            Some(schema) => Some(self.named(name, schema)?),
        };
        let table = Name {
            schema,
            name: table,
        };
        Some((table, column))
    }

    /// One part of a name, which stands in the file as the catalog has it, without quotes.
    fn named(&mut self, whole: &Spanned<String>, part: &str) -> Option<String> {
        if part.is_empty() || part.len() > 63 || part.contains(['.', '"']) {
            let message = format!("`{}` is no name of a table or column", whole.get_ref());
            let mend =
                "write it as the catalog has it, without quotes, such as \"app.record_audit\"";
            self.problem(whole.span().start, "config-name", message, mend);
            return None;
        }
        Some(part.to_owned())
    }
}

/// What stands before the last dot, and what stands after it.
fn split(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('.') {
        Some((before, last)) => (Some(before), last),
        None => (None, name),
    }
}
