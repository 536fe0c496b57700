//! What is compared before and after a statement, and what the difference means.

use std::collections::{BTreeMap, BTreeSet};

use super::mode::{LockMode, RelationKind};

/// `pg_class.oid`.
pub(super) type Oid = u32;

/// A relation at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// Schema and name, quoted where they must be.
    pub name: String,
    pub kind: RelationKind,
    /// The file that holds it; 0 for none.
    pub file: Oid,
    pub tablespace: Oid,
    /// The table of an index.
    pub table: Option<Oid>,
    /// Scans begun in this transaction: sequential ones of a table, any of an index.
    pub scans: i64,
}

/// Every relation of the user's at one moment.
pub(super) type State = BTreeMap<Oid, Relation>;

/// Locks on relations, each mode by itself.
pub(super) type Locks = BTreeSet<(Oid, LockMode)>;

/// What a statement does to a relation that was there before the migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectKind {
    /// The table is written anew, row by row.
    Rewrite,
    /// The table gets a new, empty file.
    Truncate,
    /// Every row is read.
    Scan,
    /// A new index is built on it.
    IndexBuilt,
    /// An index of it is built anew.
    IndexRebuilt,
}

impl EffectKind {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rewrite => "rewrite",
            Self::Truncate => "truncate",
            Self::Scan => "scan",
            Self::IndexBuilt => "index-built",
            Self::IndexRebuilt => "index-rebuilt",
        }
    }
}

/// An effect by OIDs: on which table, and for which index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Effect {
    pub table: Oid,
    pub kind: EffectKind,
    pub index: Option<Oid>,
}

/// The strongest mode on each relation.
pub(super) fn strongest(locks: &Locks) -> BTreeMap<Oid, LockMode> {
    // A set is in order of modes, so the last one of a relation is its strongest.
    locks.iter().copied().collect()
}

/// What happened between two moments to the relations in `known`. Within one transaction scans are counted; else they
/// only follow from what was made.
pub(super) fn effects(
    known: &State,
    before: &State,
    after: &State,
    counted: bool,
) -> BTreeSet<Effect> {
    let change = Change {
        known,
        before,
        after,
        counted,
    };
    let mut effects = BTreeSet::new();
    for &oid in known.keys() {
        effects.extend(change.of_table(oid));
    }
    // An index of an emptied table is emptied with it.
    let truncated: BTreeSet<Oid> = effects
        .iter()
        .filter(|effect| effect.kind == EffectKind::Truncate)
        .map(|effect| effect.table)
        .collect();
    let indexes = after.keys().filter_map(|&oid| change.of_index(oid));
    effects.extend(indexes.filter(|effect| !truncated.contains(&effect.table)));
    // What is made from a table's rows reads them all, through an index too.
    let made: Vec<Effect> = effects.iter().copied().collect();
    effects.extend(made.iter().filter_map(|effect| match effect.kind {
        EffectKind::Rewrite | EffectKind::IndexBuilt | EffectKind::IndexRebuilt => {
            Some(Effect::scan(effect.table))
        }
        EffectKind::Truncate | EffectKind::Scan => None,
    }));
    effects
}

impl Effect {
    /// Every row of a table is read.
    pub fn scan(table: Oid) -> Self {
        Self {
            table,
            kind: EffectKind::Scan,
            index: None,
        }
    }
}

struct Change<'a> {
    known: &'a State,
    before: &'a State,
    after: &'a State,
    counted: bool,
}

impl Change<'_> {
    fn of_table(&self, oid: Oid) -> Vec<Effect> {
        let (Some(before), Some(after)) = (self.before.get(&oid), self.after.get(&oid)) else {
            return Vec::new();
        };
        let holds_rows = matches!(
            before.kind,
            RelationKind::Table | RelationKind::MaterializedView
        );
        if !holds_rows {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let new_file = before.file != after.file && after.file != 0;
        let made = new_file.then(|| self.new_file(oid, before, after));
        if let Some(kind) = made {
            effects.push(Effect {
                kind,
                ..Effect::scan(oid)
            });
        }
        // Emptying a table builds its indexes anew, over nothing.
        if self.counted && after.scans > before.scans && made != Some(EffectKind::Truncate) {
            effects.push(Effect::scan(oid));
        }
        effects
    }

    /// A table is written anew from what is read in it, unless it is copied file by file or made from a query. The scans
    /// that build its indexes come after, and there are those when it is emptied too.
    fn new_file(&self, oid: Oid, before: &Relation, after: &Relation) -> EffectKind {
        let moved = before.tablespace != after.tablespace;
        let made = before.kind == RelationKind::MaterializedView;
        let indexes = self.after.keys().filter_map(|&index| self.of_index(index));
        let indexes = indexes.filter(|effect| effect.table == oid).count();
        let scans = usize::try_from(after.scans - before.scans).unwrap_or_default();
        if !self.counted || moved || made || scans > indexes || self.index_was_read(oid) {
            EffectKind::Rewrite
        } else {
            EffectKind::Truncate
        }
    }

    fn index_was_read(&self, table: Oid) -> bool {
        let of_table = |(oid, index): &(&Oid, &Relation)| {
            let later = self.after.get(*oid).map_or(index.scans, |it| it.scans);
            index.table == Some(table) && later > index.scans
        };
        self.before.iter().any(|pair| of_table(&pair))
    }

    fn of_index(&self, oid: Oid) -> Option<Effect> {
        let after = self.after.get(&oid)?;
        let table = after.table.filter(|table| self.known.contains_key(table))?;
        if after.kind != RelationKind::Index || after.file == 0 {
            return None;
        }
        // A type change that needs no work makes a new index over the old one's file.
        if self.before.values().any(|index| index.file == after.file) {
            return None;
        }
        let same_name = |index: &Relation| index.table == Some(table) && index.name == after.name;
        let again = self.before.contains_key(&oid) || self.before.values().any(same_name);
        let kind = if again {
            EffectKind::IndexRebuilt
        } else {
            EffectKind::IndexBuilt
        };
        Some(Effect {
            table,
            kind,
            index: Some(oid),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(file: Oid, scans: i64) -> Relation {
        Relation {
            name: "public.visit".to_owned(),
            kind: RelationKind::Table,
            file,
            tablespace: 0,
            table: None,
            scans,
        }
    }

    fn index(file: Oid, name: &str) -> Relation {
        Relation {
            name: name.to_owned(),
            kind: RelationKind::Index,
            table: Some(1),
            ..table(file, 0)
        }
    }

    fn kinds(before: &State, after: &State) -> Vec<EffectKind> {
        let found = effects(before, before, after, true);
        found.into_iter().map(|effect| effect.kind).collect()
    }

    #[test]
    fn a_new_file_after_a_scan_is_a_rewrite() {
        let before = State::from([(1, table(10, 0))]);
        let after = State::from([(1, table(11, 2))]);
        assert_eq!(
            kinds(&before, &after),
            [EffectKind::Rewrite, EffectKind::Scan]
        );
    }

    #[test]
    fn a_new_file_without_a_scan_is_empty_and_so_are_its_indexes() {
        let before = State::from([(1, table(10, 0)), (2, index(20, "i"))]);
        // One scan of the empty table for its index.
        let after = State::from([(1, table(11, 1)), (2, index(21, "i"))]);
        assert_eq!(kinds(&before, &after), [EffectKind::Truncate]);
        let after = State::from([(1, table(11, 2)), (2, index(21, "i"))]);
        let rewritten = [
            EffectKind::Rewrite,
            EffectKind::Scan,
            EffectKind::IndexRebuilt,
        ];
        assert_eq!(kinds(&before, &after), rewritten);
    }

    #[test]
    fn a_new_file_in_another_tablespace_is_a_rewrite() {
        let before = State::from([(1, table(10, 0))]);
        let moved = Relation {
            tablespace: 5,
            ..table(11, 0)
        };
        assert_eq!(
            kinds(&before, &State::from([(1, moved)])),
            [EffectKind::Rewrite, EffectKind::Scan]
        );
    }

    #[test]
    fn a_new_index_over_an_old_file_costs_nothing() {
        let before = State::from([(1, table(10, 0)), (2, index(20, "i"))]);
        let after = State::from([(1, table(10, 0)), (3, index(20, "i"))]);
        assert_eq!(kinds(&before, &after), []);
    }

    #[test]
    fn a_new_index_by_an_old_name_is_a_rebuilt_one() {
        let before = State::from([(1, table(10, 0)), (2, index(20, "i"))]);
        let after = State::from([(1, table(10, 0)), (3, index(21, "i"))]);
        assert_eq!(
            kinds(&before, &after),
            [EffectKind::Scan, EffectKind::IndexRebuilt]
        );
        let other = State::from([(1, table(10, 0)), (3, index(21, "j"))]);
        assert_eq!(
            kinds(&before, &other),
            [EffectKind::Scan, EffectKind::IndexBuilt]
        );
    }

    #[test]
    fn what_the_migration_itself_made_does_not_count() {
        let before = State::from([(1, table(10, 0))]);
        let after = State::from([(1, table(11, 2)), (2, index(20, "i"))]);
        assert!(effects(&State::new(), &before, &after, true).is_empty());
    }

    #[test]
    fn the_strongest_of_several_modes_counts() {
        let locks = Locks::from([
            (1, LockMode::AccessShare),
            (1, LockMode::AccessExclusive),
            (1, LockMode::Share),
        ]);
        assert_eq!(
            strongest(&locks),
            BTreeMap::from([(1, LockMode::AccessExclusive)])
        );
    }
}
