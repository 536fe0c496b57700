//! The names of the core's objects, as a snapshot writes them.

use std::collections::BTreeMap;

use crate::names::Name;

/// The names of the core's objects.
#[derive(Debug, Clone, Default)]
pub struct CoreNames {
    /// As they are, and quoted.
    schemas: BTreeMap<String, String>,
    /// Relations, functions, types and the like, by own name.
    objects: BTreeMap<String, Vec<Object>>,
    /// Columns, constraints, triggers, policies and rules, by schema, relation and own name; quoted.
    parts: BTreeMap<[String; 3], String>,
}

#[derive(Debug, Clone)]
struct Object {
    schema: String,
    class: Class,
    /// Quoted and qualified, with the arguments of a function.
    full: String,
}

/// Which objects take each other's place: a table does not hide a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Also a type: every relation is one.
    Relation,
    Routine,
    /// Nothing that is looked up by `search_path` in a way that matters here.
    Other,
}

/// An object that the core has.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its name; where several share it, without arguments.
    pub shown: String,
    /// The names by which leave may be given for it: of functions that share a name, all.
    pub full: Vec<String>,
}

impl Class {
    fn of_kind(kind: &str) -> Self {
        match kind {
            "function" | "procedure" | "aggregate" => Self::Routine,
            "table" | "view" | "materialized view" | "foreign table" | "sequence" | "type"
            | "domain" => Self::Relation,
            _ => Self::Other,
        }
    }
}

impl CoreNames {
    /// Reads the names off objects as a snapshot writes them: kind, and name quoted and qualified.
    #[must_use]
    pub fn new<'o>(objects: impl IntoIterator<Item = (&'o str, &'o str)>) -> Self {
        let mut names = Self::default();
        for (kind, full) in objects {
            names.add(kind, full);
        }
        names
    }

    fn add(&mut self, kind: &str, full: &str) {
        if kind.ends_with(" on") || kind.ends_with(" of") {
            return;
        }
        match (kind, parts(full).as_slice()) {
            ("schema", [schema]) => {
                self.schemas.insert(schema.clone(), full.to_owned());
            }
            (kind, [schema, own]) => {
                let object = Object {
                    schema: schema.clone(),
                    class: Class::of_kind(kind),
                    full: full.to_owned(),
                };
                self.objects.entry(own.clone()).or_default().push(object);
            }
            (_, [schema, relation, own]) => {
                let part = [schema, relation, own].map(String::clone);
                self.parts.insert(part, full.to_owned());
            }
            _ => {}
        }
    }

    /// The core object of that name, in any schema where the name has none.
    pub(super) fn find(&self, name: &Name) -> Option<Known> {
        self.find_class(name, |_| true)
    }

    /// The same among some classes of objects.
    pub(super) fn find_class(&self, name: &Name, wanted: impl Fn(Class) -> bool) -> Option<Known> {
        let objects = self.objects.get(&name.name)?.iter();
        let mut found = objects.filter(|object| {
            let here = name.schema.as_ref();
            here.is_none_or(|schema| *schema == object.schema) && wanted(object.class)
        });
        let first = found.next()?;
        let alike = found.filter(|object| object.schema == first.schema);
        let all = std::iter::once(first).chain(alike);
        let full: Vec<String> = all.map(|object| object.full.clone()).collect();
        let bare = Name {
            schema: Some(first.schema.clone()),
            name: name.name.clone(),
        };
        let shown = match full.as_slice() {
            [one] => one.clone(),
            _ => bare.to_string(),
        };
        Some(Known { shown, full })
    }

    /// The part of a core object, such as a column, if the core made it.
    pub(super) fn part(&self, relation: &Name, own: &str) -> Option<Known> {
        let objects = self.objects.get(&relation.name)?.iter();
        let mut here = objects.filter(|object| {
            let schema = relation.schema.as_ref();
            schema.is_none_or(|schema| *schema == object.schema)
        });
        here.find_map(|object| {
            let part = [&object.schema, &relation.name, own].map(str::to_owned);
            let full = self.parts.get(&part)?.clone();
            Some(Known {
                shown: object.full.clone(),
                full: vec![full],
            })
        })
    }

    /// A schema of the core.
    pub(super) fn schema(&self, name: &str) -> Option<Known> {
        let shown = self.schemas.get(name)?.clone();
        let full = vec![shown.clone()];
        Some(Known { shown, full })
    }
}

/// The parts of a quoted, qualified name, without quotes and arguments.
fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', true) if chars.peek() == Some(&'"') => part.extend(chars.next()),
            ('"', _) => quoted = !quoted,
            ('(', false) => break,
            ('.', false) => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(schema: &str, name: &str) -> Name {
        Name {
            schema: Some(schema.to_owned()),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_quoted_name_is_taken_apart() {
        assert_eq!(parts("diary.sites"), ["diary", "sites"]);
        assert_eq!(
            parts("diary.\"odd. \"\"name\"\"\""),
            ["diary", "odd. \"name\""]
        );
        assert_eq!(parts("diary.f(numeric(3,1), a.b)"), ["diary", "f"]);
    }

    #[test]
    fn functions_that_share_a_name_are_known_by_all_of_theirs() {
        let core = CoreNames::new([
            ("function", "diary.f(integer)"),
            ("function", "diary.f(text)"),
            ("grant on", "function diary.f(text)"),
        ]);
        let found = core.find(&name("diary", "f")).unwrap();
        assert_eq!(found.shown, "diary.f");
        assert_eq!(found.full, ["diary.f(integer)", "diary.f(text)"]);
        assert!(core.find(&name("orion", "f")).is_none());
    }

    #[test]
    fn a_part_is_the_cores_only_where_the_core_made_it() {
        let core = CoreNames::new([
            ("table", "diary.\"Sites\""),
            ("column", "diary.\"Sites\".id"),
        ]);
        let found = core.part(&name("diary", "Sites"), "id").unwrap();
        assert_eq!(found.full, ["diary.\"Sites\".id"]);
        assert!(core.part(&name("diary", "Sites"), "more").is_none());
    }
}
