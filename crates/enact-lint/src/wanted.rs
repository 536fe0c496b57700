//! The locks of a statement alone, for those who must know them before it runs.

use enact_sql::tree;

use crate::catalog::Catalog;
use crate::locks;
use crate::names::Name;

/// A lock on a table that other sessions would notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The table.
    pub table: Name,
    /// The lock, such as `ACCESS EXCLUSIVE`.
    pub mode: &'static str,
}

/// The table locks that `sql`, one statement, is known to take, by its text alone.
#[must_use]
pub fn wanted(sql: &str) -> Vec<Wanted> {
    let nothing = Catalog::default();
    let found = tree::look(sql, |node| locks::locks(node, &nothing)).unwrap_or_default();
    let wanted = |(table, lock): (Name, locks::Lock)| Wanted {
        table,
        mode: lock.sql(),
    };
    found.into_iter().map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_tells_its_locks() {
        let found = wanted("ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES u NOT VALID");
        let found: Vec<_> = found
            .iter()
            .map(|wanted| (wanted.table.name.as_str(), wanted.mode))
            .collect();
        assert_eq!(
            found,
            [("t", "SHARE ROW EXCLUSIVE"), ("u", "SHARE ROW EXCLUSIVE")]
        );
        assert_eq!(wanted("UPDATE t SET a = 1"), []);
        assert_eq!(wanted("nonsense"), []);
    }
}
