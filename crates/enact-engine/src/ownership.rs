//! Which objects of a database are the core's, and what was attached to them by others.
//!
//! A release says which objects its migrations make. In a database that holds extensions too, the core's part is those
//! objects and everything that hangs on them, or stands in one of their schemas, without leave: so a column that somebody
//! added to a core table makes the core's fingerprint another one, and an extension's own table does not.

use std::collections::{BTreeMap, BTreeSet};

use enact_release::{Action, Leave};

use crate::catalog::{ObjectId, Snapshot};

/// The core's objects, and what extensions may do to them.
#[derive(Debug, Clone)]
pub struct CoreObjects {
    ids: BTreeSet<ObjectId>,
    /// Their names, by how annotations name them.
    shown: BTreeMap<String, String>,
    /// Names of what can have columns, constraints, triggers and the like.
    relations: BTreeSet<String>,
    schemas: BTreeSet<String>,
    leave: Leave,
}

/// An object that is not the core's and hangs on one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The core object, by its name in the snapshot, without its kind.
    pub to: String,
    /// The leave it takes; `None` for what no leave is given for, such as a column.
    pub takes: Option<Action>,
}

impl CoreObjects {
    /// The objects with these identities.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = ObjectId>, leave: Leave) -> Self {
        let ids: BTreeSet<ObjectId> = ids.into_iter().collect();
        let named = |wanted: fn(&str) -> bool| {
            let some = ids.iter().filter(|id| wanted(&id.kind));
            some.map(|id| id.name.clone()).collect()
        };
        Self {
            shown: ids
                .iter()
                .map(|id| (id.to_string(), id.name.clone()))
                .collect(),
            relations: named(has_parts),
            schemas: named(|kind| kind == "schema"),
            ids,
            leave,
        }
    }

    /// Whether the core made this object.
    #[must_use]
    pub fn owns(&self, object: &ObjectId) -> bool {
        self.ids.contains(object)
    }

    /// What extensions may do.
    #[must_use]
    pub fn leave(&self) -> &Leave {
        &self.leave
    }

    /// The core object that `object`, with this text, hangs on; `None` for the core's own and for what stands alone.
    #[must_use]
    pub fn attached(&self, object: &ObjectId, text: &str) -> Option<Attached> {
        self.attached_on(object, relation_of(object, text))
    }

    /// The same where the text is not at hand, but what [`relation_of`] made of it.
    #[must_use]
    pub fn attached_on(&self, object: &ObjectId, on: Option<&str>) -> Option<Attached> {
        if self.owns(object) {
            return None;
        }
        let on_relation = |relation: Option<&str>, takes: Option<Action>| {
            let to = relation.filter(|relation| self.relations.contains(*relation))?;
            let to = to.to_owned();
            Some(Attached { to, takes })
        };
        let parent = || split_last(&object.name).map(|(parent, _)| parent);
        let attached = match object.kind.as_str() {
            "comment on" => self.annotated(object, Some(Action::Comment)),
            "grant on" => self.annotated(object, Some(Action::Grant)),
            kind if kind.ends_with(" on") || kind.ends_with(" of") => self.annotated(object, None),
            "column" | "constraint" | "rule" => on_relation(parent(), None),
            "trigger" => on_relation(parent(), Some(Action::Trigger)),
            "policy" => on_relation(parent(), Some(Action::Policy)),
            "index" | "statistics" => on_relation(on, Some(Action::Index)),
            _ => None,
        };
        attached.or_else(|| self.in_schema(object))
    }

    /// Whether what was attached has the leave it takes.
    #[must_use]
    pub fn allows(&self, attached: &Attached) -> bool {
        attached
            .takes
            .is_some_and(|action| self.leave.allows(action, &attached.to))
    }

    /// The core's part of a database: its objects, and what was attached to them without leave.
    #[must_use]
    pub fn part(&self, live: &Snapshot) -> Snapshot {
        let belongs =
            |object: &ObjectId, text: &str| self.covers(object, relation_of(object, text));
        let objects = live.objects.iter();
        let columns = live.column_order.iter();
        Snapshot {
            server_major: live.server_major,
            objects: objects
                .filter(|(object, text)| belongs(object, text))
                .map(|(object, text)| (object.clone(), text.clone()))
                .collect(),
            column_order: columns
                .filter(|(relation, _)| self.relations.contains(*relation))
                .map(|(relation, columns)| (relation.clone(), columns.clone()))
                .collect(),
        }
    }

    /// Whether an object is in the core's part; `on` is what [`relation_of`] made of its text.
    #[must_use]
    pub fn covers(&self, object: &ObjectId, on: Option<&str>) -> bool {
        let attached = || self.attached_on(object, on);
        self.owns(object) || attached().is_some_and(|attached| !self.allows(&attached))
    }

    fn annotated(&self, object: &ObjectId, takes: Option<Action>) -> Option<Attached> {
        let shown = object.name.as_str();
        // A label names its provider behind the object.
        let shown = match object.kind.as_str() {
            "security label on" => shown.rsplit_once(" by ").map_or(shown, |(shown, _)| shown),
            _ => shown,
        };
        let to = self.shown.get(shown)?.clone();
        Some(Attached { to, takes })
    }

    fn in_schema(&self, object: &ObjectId) -> Option<Attached> {
        let (schema, _) = split_first(&object.name)?;
        let to = self.schemas.get(schema)?.clone();
        let own = !object.is_annotation() && !is_part(&object.kind);
        own.then_some(Attached {
            to,
            takes: Some(Action::Create),
        })
    }
}

/// The table of an index or of statistics, from its text: their names do not tell it. `None` for other objects.
#[must_use]
pub fn relation_of<'t>(object: &ObjectId, text: &'t str) -> Option<&'t str> {
    match object.kind.as_str() {
        "index" => indexed(text),
        "statistics" => measured(text),
        _ => None,
    }
}

/// Kinds of objects that have columns, constraints and triggers.
fn has_parts(kind: &str) -> bool {
    matches!(
        kind,
        "table" | "view" | "materialized view" | "foreign table" | "type" | "domain"
    )
}

/// Kinds of objects that are part of a relation and named after it, or stand in its schema with it.
fn is_part(kind: &str) -> bool {
    matches!(
        kind,
        "column" | "constraint" | "rule" | "trigger" | "policy" | "index"
    )
}

/// The table in the text of an index: `CREATE UNIQUE INDEX name ON ONLY schema.table USING btree (…)`.
fn indexed(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("CREATE ")?;
    let rest = rest.strip_prefix("UNIQUE ").unwrap_or(rest);
    let rest = after_name(rest.strip_prefix("INDEX ")?)?;
    let rest = rest.strip_prefix(" ON ")?;
    let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
    let end = rest.len() - after_name(rest)?.len();
    rest.get(..end)
}

/// The table in the text of extended statistics: `CREATE STATISTICS … FROM schema.table`.
fn measured(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    line.rsplit_once(" FROM ").map(|(_, table)| table)
}

/// What follows a quoted, qualified name.
fn after_name(text: &str) -> Option<&str> {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        !quoted && c == ' '
    });
    end.and_then(|end| text.get(end..))
}

/// A quoted, qualified name, before and after its first dot that stands in no quotes.
fn split_first(name: &str) -> Option<(&str, &str)> {
    let dot = dots(name).next()?;
    Some((name.get(..dot)?, name.get(dot + 1..)?))
}

/// The same at its last dot.
fn split_last(name: &str) -> Option<(&str, &str)> {
    let dot = dots(name).last()?;
    Some((name.get(..dot)?, name.get(dot + 1..)?))
}

/// Where a dot stands outside quotes, before any list of arguments.
fn dots(name: &str) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    let plain = name.char_indices().map(move |(at, c)| {
        quoted ^= c == '"';
        (at, c, quoted)
    });
    plain
        .take_while(|(_, c, quoted)| *quoted || *c != '(')
        .filter(|(_, c, quoted)| !quoted && *c == '.')
        .map(|(at, ..)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core() -> CoreObjects {
        let ids = [
            ("schema", "diary"),
            ("table", "diary.sites"),
            ("column", "diary.sites.id"),
            ("table", "public.\"odd. name\""),
            ("function", "diary.f(numeric, text)"),
        ];
        let leave = Leave {
            index: vec!["diary.sites".to_owned()],
            ..Leave::default()
        };
        CoreObjects::new(ids.map(|(kind, name)| ObjectId::new(kind, name)), leave)
    }

    fn attached(kind: &str, name: &str, text: &str) -> Option<(String, Option<Action>)> {
        let attached = core().attached(&ObjectId::new(kind, name), text)?;
        Some((attached.to, attached.takes))
    }

    fn to(name: &str, takes: Option<Action>) -> Option<(String, Option<Action>)> {
        Some((name.to_owned(), takes))
    }

    #[test]
    fn parts_hang_on_their_relation() {
        assert_eq!(attached("column", "diary.sites.id", ""), None);
        assert_eq!(
            attached("column", "diary.sites.more", ""),
            to("diary.sites", None)
        );
        assert_eq!(
            attached("trigger", "public.\"odd. name\".t", ""),
            to("public.\"odd. name\"", Some(Action::Trigger))
        );
        assert_eq!(attached("policy", "orion.sites.p", ""), None);
    }

    #[test]
    fn an_index_hangs_on_the_table_in_its_definition() {
        let text = "CREATE UNIQUE INDEX \"a ON b\" ON ONLY diary.sites USING btree (id)\ninvalid";
        assert_eq!(
            attached("index", "diary.\"a ON b\"", text),
            to("diary.sites", Some(Action::Index))
        );
        let text = "CREATE INDEX i ON public.\"odd. name\" USING btree (id)";
        assert_eq!(
            attached("index", "public.i", text),
            to("public.\"odd. name\"", Some(Action::Index))
        );
        assert_eq!(
            attached(
                "index",
                "orion.i",
                "CREATE INDEX i ON orion.t USING btree (a)"
            ),
            None
        );
    }

    #[test]
    fn annotations_hang_on_what_they_are_about() {
        assert_eq!(
            attached("grant on", "function diary.f(numeric, text)", ""),
            to("diary.f(numeric, text)", Some(Action::Grant))
        );
        assert_eq!(
            attached("comment on", "schema diary", ""),
            to("diary", Some(Action::Comment))
        );
        assert_eq!(
            attached("security label on", "table diary.sites by dummy", ""),
            to("diary.sites", None)
        );
        assert_eq!(attached("grant on", "table orion.t", ""), None);
    }

    #[test]
    fn what_stands_in_a_schema_of_the_core_hangs_on_it() {
        assert_eq!(
            attached("function", "diary.f(integer)", ""),
            to("diary", Some(Action::Create))
        );
        assert_eq!(attached("table", "public.own", ""), None);
        assert_eq!(attached("publication", "diary", ""), None);
    }

    #[test]
    fn the_part_holds_what_has_no_leave() {
        let live = [
            ("table", "diary.sites", "table"),
            ("column", "diary.sites.id", "bigint"),
            ("column", "diary.sites.more", "text"),
            (
                "index",
                "diary.i",
                "CREATE INDEX i ON diary.sites USING btree (id)",
            ),
            ("table", "orion.own", "table"),
        ];
        let live = Snapshot {
            server_major: 15,
            objects: live
                .map(|(kind, name, text)| (ObjectId::new(kind, name), text.to_owned()))
                .into(),
            column_order: BTreeMap::new(),
        };
        let part = core().part(&live);
        let names: Vec<String> = part.objects.keys().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "column diary.sites.id",
                "column diary.sites.more",
                "table diary.sites"
            ]
        );
    }
}
