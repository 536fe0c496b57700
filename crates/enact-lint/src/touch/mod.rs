//! What the statements of an extension do to objects of the core, as far as statements tell.

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{CreateSchemaStmt, DefineStmt, Node, ObjectType, RangeVar};

use crate::ast;
use crate::names::Name;

mod change;
mod names;
mod path;

pub use names::CoreNames;
use names::{Class, Known};
use path::Path;

/// Under a name that the core has, in its schema.
const HAS_THE_NAME: &str = "has the name of";
/// Under a name that the core has, where it is found first.
const SHADOWS: &str = "shadows";

pub(crate) const ROWS_OF: &str = "changes rows of";
pub(crate) const WATCHES: &str = "watches every change of the schema with";

/// One thing that a statement does to the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Zero-based statement of the script.
    pub statement: usize,
    /// What it does, as in `adds an index to`.
    pub what: &'static str,
    /// The core object, or the schema of the core.
    pub object: String,
    /// The leave with which it may: `create`, `grant`, `index`, `trigger`, `policy`, `comment`; none for what never may.
    pub takes: Option<&'static str>,
}

impl Touch {
    /// The rule of lint that finds it.
    pub(crate) fn rule(&self) -> &'static str {
        match (self.takes, self.what) {
            (Some(_), _) => "core-object-attached",
            (None, HAS_THE_NAME | SHADOWS) => "core-object-shadowed",
            (None, _) => "core-object-changed",
        }
    }
}

/// Whether the core gives leave for an action, such as `index`, on an object named as in a snapshot.
pub type GivesLeave<'a> = &'a (dyn Fn(&str, &str) -> bool + Sync);

/// What a script does to the core without leave. `own` holds what the extension made so far, and what this script makes.
#[must_use]
pub fn touches(
    script: &Script,
    core: &CoreNames,
    leave: GivesLeave<'_>,
    own: &mut Vec<Name>,
) -> Vec<Touch> {
    let mut found = Vec::new();
    let mut path = Path::default();
    let mut statement = 0;
    for segment in &script.segments {
        for one in &segment.statements {
            let looked = tree::look(script.sql(one), |node| {
                let mut look = Look {
                    core,
                    leave,
                    own,
                    here: path.first(),
                    statement,
                    made: Vec::new(),
                    found: Vec::new(),
                };
                look.statement(node);
                let seen = (look.made, look.found);
                path.learn(node);
                seen
            });
            if let Some((made, touched)) = looked {
                own.extend(made);
                found.extend(touched);
            }
            statement += 1;
        }
        path.end_of_transaction();
    }
    found
}

struct Look<'a> {
    core: &'a CoreNames,
    leave: GivesLeave<'a>,
    own: &'a [Name],
    /// The schema in which a name without one is made.
    here: &'a str,
    statement: usize,
    made: Vec<Name>,
    found: Vec<Touch>,
}

impl Look<'_> {
    fn touch(&mut self, what: &'static str, object: &Known, takes: Option<&'static str>) {
        // Where several objects can be meant, leave for one is enough: what is not sure is not said.
        let may = |takes| object.full.iter().any(|name| (self.leave)(takes, name));
        if takes.is_some_and(may) {
            return;
        }
        let touch = Touch {
            statement: self.statement,
            what,
            object: object.shown.clone(),
            takes,
        };
        if !self.found.contains(&touch) {
            self.found.push(touch);
        }
    }

    /// The core object of that name. One without a schema is found by its own name, unless the extension has one like it.
    fn find(&self, name: &Name) -> Option<Known> {
        let mut own = self.own.iter().chain(&self.made);
        let mine = name.schema.is_none() && own.any(|own| own.name == name.name);
        (!mine).then(|| self.core.find(name)).flatten()
    }

    /// Something is done to an object, perhaps one of the core.
    fn does(&mut self, what: &'static str, name: Option<Name>, takes: Option<&'static str>) {
        if let Some(object) = name.and_then(|name| self.find(&name)) {
            self.touch(what, &object, takes);
        }
    }

    fn to(&mut self, what: &'static str, relation: Option<&RangeVar>, takes: Option<&'static str>) {
        self.does(what, relation.map(Name::of), takes);
    }

    fn makes_relation(&mut self, relation: Option<&RangeVar>, replace: bool) {
        let Some(relation) = relation else { return };
        let name = Name::of(relation);
        // It is gone with the session, and nobody else sees it.
        if relation.relpersistence == "t" {
            return self.made.push(name);
        }
        self.makes(Some(name), Class::Relation, replace);
    }

    fn makes_type(&mut self, parts: &[Node]) {
        self.makes(Name::of_parts(parts), Class::Relation, false);
    }

    /// Something is made: in a schema of the core, or under a name that the core has.
    fn makes(&mut self, name: Option<Name>, class: Class, replace: bool) {
        let Some(name) = name else { return };
        let schema = name.schema.as_deref().unwrap_or(self.here).to_owned();
        let placed = Name {
            schema: Some(schema.clone()),
            ..name.clone()
        };
        let clashes = |other| (other == Class::Routine) == (class == Class::Routine);
        let hides = |other| other == class && class != Class::Other;
        if let Some(object) = self.core.find_class(&placed, clashes) {
            let what = if replace { "replaces" } else { HAS_THE_NAME };
            self.touch(what, &object, None);
        } else if let Some(schema) = self.core.schema(&schema) {
            self.touch("makes something in schema", &schema, Some("create"));
        } else if schema == "public"
            && let Some(object) = self.core.find_class(&Name::plain(&name.name), hides)
        {
            self.touch(SHADOWS, &object, None);
        }
        self.made.push(placed);
    }

    fn makes_schema(&mut self, stmt: &CreateSchemaStmt) {
        if let Some(schema) = self.core.schema(&stmt.schemaname) {
            self.touch(HAS_THE_NAME, &schema, None);
        }
        for element in &stmt.schema_elts {
            let relation = match &element.node {
                Some(NodeEnum::CreateStmt(stmt)) => stmt.relation.as_ref(),
                Some(NodeEnum::ViewStmt(stmt)) => stmt.view.as_ref(),
                Some(NodeEnum::CreateSeqStmt(stmt)) => stmt.sequence.as_ref(),
                _ => None,
            };
            let own = relation.map(|relation| Name {
                schema: Some(stmt.schemaname.clone()),
                name: relation.relname.clone(),
            });
            self.made.extend(own);
        }
    }

    fn defines(&mut self, stmt: &DefineStmt) {
        let class = match stmt.kind() {
            ObjectType::ObjectAggregate => Class::Routine,
            ObjectType::ObjectType => Class::Relation,
            _ => Class::Other,
        };
        self.makes(Name::of_parts(&stmt.defnames), class, stmt.replace);
    }

    fn statement(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(stmt) => {
                self.makes_relation(stmt.relation.as_ref(), false);
                for parent in ast::relations(&stmt.inh_relations) {
                    self.to("adds rows to", Some(parent), None);
                }
            }
            NodeEnum::CreateForeignTableStmt(stmt) => {
                let base = stmt.base_stmt.as_ref();
                self.makes_relation(base.and_then(|base| base.relation.as_ref()), false);
            }
            NodeEnum::ViewStmt(stmt) => self.makes_relation(stmt.view.as_ref(), stmt.replace),
            NodeEnum::CreateSeqStmt(stmt) => self.makes_relation(stmt.sequence.as_ref(), false),
            NodeEnum::CompositeTypeStmt(stmt) => self.makes_relation(stmt.typevar.as_ref(), false),
            NodeEnum::CreateTableAsStmt(stmt) => {
                let into = stmt.into.as_ref().and_then(|into| into.rel.as_ref());
                self.makes_relation(into, false);
            }
            NodeEnum::SelectStmt(stmt) => {
                let into = stmt.into_clause.as_ref();
                self.makes_relation(into.and_then(|into| into.rel.as_ref()), false);
                self.change(node);
            }
            NodeEnum::CreateFunctionStmt(stmt) => {
                let name = Name::of_parts(&stmt.funcname);
                self.makes(name, Class::Routine, stmt.replace);
            }
            NodeEnum::CreateEnumStmt(stmt) => self.makes_type(&stmt.type_name),
            NodeEnum::CreateRangeStmt(stmt) => self.makes_type(&stmt.type_name),
            NodeEnum::CreateDomainStmt(stmt) => self.makes_type(&stmt.domainname),
            NodeEnum::DefineStmt(stmt) => self.defines(stmt),
            NodeEnum::CreateSchemaStmt(stmt) => self.makes_schema(stmt),
            other => self.attach(other),
        }
    }

    /// Statements that hang something on what is there.
    fn attach(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::IndexStmt(stmt) => {
                self.to("adds an index to", stmt.relation.as_ref(), Some("index"));
            }
            NodeEnum::CreateStatsStmt(stmt) => {
                for relation in ast::relations(&stmt.relations) {
                    self.to("adds statistics to", Some(relation), Some("index"));
                }
            }
            NodeEnum::CreateTrigStmt(stmt) => {
                let table = stmt.relation.as_ref();
                match stmt.replace && self.is_core_part(table, &stmt.trigname) {
                    true => self.to("replaces a trigger of", table, None),
                    false => self.to("adds a trigger to", table, Some("trigger")),
                }
            }
            NodeEnum::CreatePolicyStmt(stmt) => {
                self.to("adds a policy to", stmt.table.as_ref(), Some("policy"));
            }
            NodeEnum::RuleStmt(stmt) => self.to("adds a rule to", stmt.relation.as_ref(), None),
            NodeEnum::CreateEventTrigStmt(stmt) => {
                let trigger = Known {
                    shown: stmt.trigname.clone(),
                    full: Vec::new(),
                };
                self.touch(WATCHES, &trigger, None);
            }
            other => self.change(other),
        }
    }

    /// Whether the core itself has that trigger, policy or the like.
    fn is_core_part(&self, relation: Option<&RangeVar>, own: &str) -> bool {
        let name = relation.map(Name::of);
        name.is_some_and(|name| self.core.part(&name, own).is_some())
    }
}
