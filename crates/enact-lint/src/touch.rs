//! What the statements of an extension do to objects of the core, as far as statements tell.

use std::collections::BTreeSet;

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDefaultPrivilegesStmt, DropStmt, GrantStmt, GrantTargetType, Node, ObjectType, RangeVar,
};

use crate::ast;
use crate::names::Name;

/// The names of the core's objects.
#[derive(Debug, Clone, Default)]
pub struct CoreNames {
    schemas: BTreeSet<String>,
    /// Relations, functions, types and the like, by schema and own name.
    objects: BTreeSet<(String, String)>,
}

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

impl CoreNames {
    /// Reads the names off objects as a snapshot writes them: kind, and name quoted and qualified.
    #[must_use]
    pub fn new<'o>(objects: impl IntoIterator<Item = (&'o str, &'o str)>) -> Self {
        let mut names = Self::default();
        for (kind, name) in objects {
            let parts = parts(name);
            match (kind, parts.as_slice()) {
                ("schema", [schema]) => {
                    names.schemas.insert(schema.clone());
                }
                (kind, [schema, own]) if !kind.ends_with(" on") && !kind.ends_with(" of") => {
                    names.objects.insert((schema.clone(), own.clone()));
                }
                _ => {}
            }
        }
        names
    }

    /// The core object of that name. One without a schema is found by its own name, unless the extension has one like it.
    fn find(&self, name: &Name, own: &[Name]) -> Option<String> {
        let is = |(schema, object): &&(String, String)| {
            *object == name.name && name.schema.as_ref().is_none_or(|wanted| wanted == schema)
        };
        if name.schema.is_none() && own.iter().any(|own| own.name == name.name) {
            return None;
        }
        let found = self.objects.iter().find(is);
        found.map(|(schema, object)| format!("{schema}.{object}"))
    }

    fn schema(&self, name: &Name) -> Option<&String> {
        self.schemas.get(name.schema.as_deref()?)
    }
}

/// The parts of a quoted, qualified name, without quotes and arguments.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in name.chars() {
        match (c, quoted) {
            ('"', _) => quoted = !quoted,
            ('(', false) => break,
            ('.', false) => parts.push(String::new()),
            _ => parts
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|part| part.push(c)),
        }
    }
    parts
}

/// Everything that a script does to the core. `own` holds what the extension made so far, and what this script makes.
#[must_use]
pub fn touches(script: &Script, core: &CoreNames, own: &mut Vec<Name>) -> Vec<Touch> {
    let mut found = Vec::new();
    for (statement, one) in script.statements().enumerate() {
        let mine = own.clone();
        let looked = tree::look(script.sql(one), |node| {
            let mut look = Look {
                core,
                own: &mine,
                statement,
                made: Vec::new(),
                found: Vec::new(),
            };
            look.statement(node);
            (look.made, look.found)
        });
        if let Some((made, touched)) = looked {
            own.extend(made);
            found.extend(touched);
        }
    }
    found
}

struct Look<'a> {
    core: &'a CoreNames,
    own: &'a [Name],
    statement: usize,
    made: Vec<Name>,
    found: Vec<Touch>,
}

impl Look<'_> {
    fn touch(&mut self, what: &'static str, object: String, takes: Option<&'static str>) {
        let touch = Touch {
            statement: self.statement,
            what,
            object,
            takes,
        };
        if !self.found.contains(&touch) {
            self.found.push(touch);
        }
    }

    /// Something is done to an object, perhaps one of the core.
    fn does(&mut self, what: &'static str, name: Option<Name>, takes: Option<&'static str>) {
        if let Some(object) = name.and_then(|name| self.core.find(&name, self.own)) {
            self.touch(what, object, takes);
        }
    }

    fn to(&mut self, what: &'static str, relation: Option<&RangeVar>, takes: Option<&'static str>) {
        self.does(what, relation.map(Name::of), takes);
    }

    /// Something is made: in a schema of the core, or under a name that the core has.
    fn makes(&mut self, name: Option<Name>) {
        let Some(name) = name else { return };
        let same = Name {
            schema: name.schema.clone().or_else(|| Some("public".to_owned())),
            ..name.clone()
        };
        if let Some(object) = self.core.find(&same, &[]) {
            self.touch("has the name of", object, None);
        } else if let Some(schema) = self.core.schema(&name).cloned() {
            self.touch("makes something in schema", schema, Some("create"));
        } else if same.schema.as_deref() == Some("public")
            && let Some(object) = self.core.find(&Name::plain(name.name.as_str()), &[])
        {
            self.touch("shadows", object, None);
        }
        self.made.push(name);
    }

    fn statement(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(stmt) => {
                self.makes(stmt.relation.as_ref().map(Name::of));
                for parent in ast::relations(&stmt.inh_relations) {
                    self.to("adds rows to", Some(parent), None);
                }
            }
            NodeEnum::CreateForeignTableStmt(stmt) => {
                let base = stmt.base_stmt.as_ref();
                self.makes(base.and_then(|base| base.relation.as_ref()).map(Name::of));
            }
            NodeEnum::ViewStmt(stmt) => self.makes(stmt.view.as_ref().map(Name::of)),
            NodeEnum::CreateSeqStmt(stmt) => self.makes(stmt.sequence.as_ref().map(Name::of)),
            NodeEnum::CompositeTypeStmt(stmt) => self.makes(stmt.typevar.as_ref().map(Name::of)),
            NodeEnum::CreateTableAsStmt(stmt) => {
                let into = stmt.into.as_ref().and_then(|into| into.rel.as_ref());
                self.makes(into.map(Name::of));
            }
            NodeEnum::CreateFunctionStmt(stmt) => self.makes(Name::of_parts(&stmt.funcname)),
            NodeEnum::CreateEnumStmt(stmt) => self.makes(Name::of_parts(&stmt.type_name)),
            NodeEnum::CreateRangeStmt(stmt) => self.makes(Name::of_parts(&stmt.type_name)),
            NodeEnum::CreateDomainStmt(stmt) => self.makes(Name::of_parts(&stmt.domainname)),
            NodeEnum::DefineStmt(stmt) => self.makes(Name::of_parts(&stmt.defnames)),
            NodeEnum::CreateSchemaStmt(stmt) => {
                if let Some(schema) = self.core.schemas.get(&stmt.schemaname).cloned() {
                    self.touch("has the name of", schema, None);
                }
            }
            NodeEnum::IndexStmt(stmt) => {
                self.to("adds an index to", stmt.relation.as_ref(), Some("index"));
            }
            NodeEnum::CreateStatsStmt(stmt) => {
                for relation in ast::relations(&stmt.relations) {
                    self.to("adds statistics to", Some(relation), Some("index"));
                }
            }
            NodeEnum::CreateTrigStmt(stmt) => {
                self.to("adds a trigger to", stmt.relation.as_ref(), Some("trigger"));
            }
            NodeEnum::CreatePolicyStmt(stmt) => {
                self.to("adds a policy to", stmt.table.as_ref(), Some("policy"));
            }
            NodeEnum::AlterPolicyStmt(stmt) => {
                self.to("alters a policy of", stmt.table.as_ref(), None)
            }
            NodeEnum::RuleStmt(stmt) => self.to("adds a rule to", stmt.relation.as_ref(), None),
            NodeEnum::CreateEventTrigStmt(stmt) => {
                self.touch(
                    "watches every change of the schema with",
                    stmt.trigname.clone(),
                    None,
                );
            }
            other => self.change(other),
        }
    }

    /// Statements that change what is there.
    fn change(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::AlterTableStmt(stmt) => self.to("alters", stmt.relation.as_ref(), None),
            NodeEnum::AlterSeqStmt(stmt) => self.to("alters", stmt.sequence.as_ref(), None),
            NodeEnum::AlterEnumStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None)
            }
            NodeEnum::AlterDomainStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None);
            }
            NodeEnum::AlterTypeStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None)
            }
            NodeEnum::AlterFunctionStmt(stmt) => {
                let name = stmt
                    .func
                    .as_ref()
                    .and_then(|func| Name::of_parts(&func.objname));
                self.does("alters", name, None);
            }
            NodeEnum::RenameStmt(stmt) => {
                self.to("renames", stmt.relation.as_ref(), None);
                self.object("renames", stmt.object.as_deref(), None);
            }
            NodeEnum::AlterObjectSchemaStmt(stmt) => {
                self.to("moves", stmt.relation.as_ref(), None);
                self.object("moves", stmt.object.as_deref(), None);
            }
            NodeEnum::AlterOwnerStmt(stmt) => {
                self.to("changes the owner of", stmt.relation.as_ref(), None);
                self.object("changes the owner of", stmt.object.as_deref(), None);
            }
            NodeEnum::CommentStmt(stmt) => {
                self.part(
                    "comments on",
                    stmt.objtype(),
                    stmt.object.as_deref(),
                    Some("comment"),
                );
            }
            NodeEnum::SecLabelStmt(stmt) => {
                self.part("labels", stmt.objtype(), stmt.object.as_deref(), None);
            }
            NodeEnum::DropStmt(stmt) => self.drop(stmt),
            NodeEnum::GrantStmt(stmt) => self.grant(stmt),
            NodeEnum::AlterDefaultPrivilegesStmt(stmt) => self.default_privileges(stmt),
            NodeEnum::InsertStmt(stmt) => self.to("changes rows of", stmt.relation.as_ref(), None),
            NodeEnum::UpdateStmt(stmt) => self.to("changes rows of", stmt.relation.as_ref(), None),
            NodeEnum::DeleteStmt(stmt) => self.to("changes rows of", stmt.relation.as_ref(), None),
            NodeEnum::MergeStmt(stmt) => self.to("changes rows of", stmt.relation.as_ref(), None),
            NodeEnum::CopyStmt(stmt) if stmt.is_from => {
                self.to("changes rows of", stmt.relation.as_ref(), None);
            }
            NodeEnum::TruncateStmt(stmt) => {
                for relation in ast::relations(&stmt.relations) {
                    self.to("changes rows of", Some(relation), None);
                }
            }
            _ => {}
        }
    }

    fn default_privileges(&mut self, stmt: &AlterDefaultPrivilegesStmt) {
        let schemas = ast::options(&stmt.options).filter(|option| option.defname == "schemas");
        for option in schemas {
            let Some(NodeEnum::List(list)) = ast::inner(option.arg.as_deref()) else {
                continue;
            };
            for schema in list.items.iter().filter_map(ast::string) {
                if let Some(schema) = self.core.schemas.get(schema).cloned() {
                    self.touch("changes default privileges in schema", schema, None);
                }
            }
        }
    }

    fn object(&mut self, what: &'static str, object: Option<&Node>, takes: Option<&'static str>) {
        let Some(object) = object else { return };
        if let Some(schema) = ast::string(object).and_then(|schema| self.core.schemas.get(schema)) {
            self.touch(what, schema.clone(), takes);
        } else {
            self.does(what, Name::of_object(object), takes);
        }
    }

    /// An object, or a part of a relation, which is named with the relation before it.
    fn part(
        &mut self,
        what: &'static str,
        kind: ObjectType,
        object: Option<&Node>,
        takes: Option<&'static str>,
    ) {
        if !is_part(kind) {
            return self.object(what, object, takes);
        }
        if let Some(NodeEnum::List(list)) = ast::inner(object) {
            let relation = list.items.split_last().map(|(_, relation)| relation);
            self.does(what, relation.and_then(Name::of_parts), takes);
        }
    }

    fn drop(&mut self, stmt: &DropStmt) {
        for object in &stmt.objects {
            let what = match is_part(stmt.remove_type()) {
                true => "drops a part of",
                false => "drops",
            };
            self.part(what, stmt.remove_type(), Some(object), None);
        }
    }

    fn grant(&mut self, stmt: &GrantStmt) {
        let whole = stmt.targtype() == GrantTargetType::AclTargetAllInSchema;
        for object in &stmt.objects {
            match object.node.as_ref() {
                Some(NodeEnum::RangeVar(relation)) => {
                    self.to("grants or revokes on", Some(relation), Some("grant"));
                }
                _ if whole => {
                    let schema =
                        ast::string(object).and_then(|schema| self.core.schemas.get(schema));
                    if let Some(schema) = schema.cloned() {
                        self.touch("grants or revokes on all of", schema, None);
                    }
                }
                _ => self.object("grants or revokes on", Some(object), Some("grant")),
            }
        }
    }
}

fn is_part(kind: ObjectType) -> bool {
    matches!(
        kind,
        ObjectType::ObjectColumn
            | ObjectType::ObjectTabconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectPolicy
            | ObjectType::ObjectRule
    )
}
