//! Statements that change what is there.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDefaultPrivilegesStmt, AlterObjectSchemaStmt, AlterTableStmt, AlterTableType, CommentStmt,
    DropStmt, GrantStmt, GrantTargetType, Node, ObjectType, RenameStmt,
};

use super::names::{Class, Known};
use super::{Look, ROWS_OF, ast};
use crate::names::Name;
use crate::written::written;

impl Look<'_> {
    pub(super) fn change(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::AlterTableStmt(stmt) => self.alter_table(stmt),
            NodeEnum::AlterSeqStmt(stmt) => self.to("alters", stmt.sequence.as_ref(), None),
            NodeEnum::AlterEnumStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None);
            }
            NodeEnum::AlterDomainStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None);
            }
            NodeEnum::AlterTypeStmt(stmt) => {
                self.does("alters", Name::of_parts(&stmt.type_name), None);
            }
            NodeEnum::AlterFunctionStmt(stmt) => {
                let function = stmt.func.as_ref();
                let name = function.and_then(|function| Name::of_parts(&function.objname));
                self.does("alters", name, None);
            }
            NodeEnum::AlterPolicyStmt(stmt) => {
                let table = stmt.table.as_ref();
                if self.is_core_part(table, &stmt.policy_name) {
                    self.to("alters a policy of", table, None);
                }
            }
            NodeEnum::RenameStmt(stmt) => self.rename(stmt),
            NodeEnum::AlterObjectSchemaStmt(stmt) => self.moves(stmt),
            NodeEnum::AlterOwnerStmt(stmt) => {
                self.to("changes the owner of", stmt.relation.as_ref(), None);
                let object = stmt.object.as_deref();
                self.object("changes the owner of", stmt.object_type(), object, None);
            }
            NodeEnum::CommentStmt(stmt) => self.comment(stmt),
            NodeEnum::SecLabelStmt(stmt) => {
                self.part("labels", stmt.objtype(), stmt.object.as_deref(), None);
            }
            NodeEnum::DropStmt(stmt) => self.drop(stmt),
            NodeEnum::GrantStmt(stmt) => self.grant(stmt),
            NodeEnum::AlterDefaultPrivilegesStmt(stmt) => self.default_privileges(stmt),
            other => self.rows(other),
        }
    }

    fn rows(&mut self, node: &NodeEnum) {
        for table in written(node) {
            self.to(ROWS_OF, Some(table), None);
        }
    }

    fn alter_table(&mut self, stmt: &AlterTableStmt) {
        self.to("alters", stmt.relation.as_ref(), None);
        for command in ast::commands(stmt) {
            if command.subtype() == AlterTableType::AtAddInherit
                && let Some(NodeEnum::RangeVar(parent)) = ast::inner(command.def.as_deref())
            {
                self.to("adds rows to", Some(parent), None);
            }
        }
    }

    fn rename(&mut self, stmt: &RenameStmt) {
        if stmt.rename_type() == ObjectType::ObjectSchema {
            if let Some(schema) = self.core.schema(&stmt.subname) {
                self.touch("renames", &schema, None);
            }
            return;
        }
        // What the core has not made, such as the extension's own trigger, is no change of the core.
        if matches!(
            stmt.rename_type(),
            ObjectType::ObjectTrigger | ObjectType::ObjectPolicy | ObjectType::ObjectRule
        ) && !self.is_core_part(stmt.relation.as_ref(), &stmt.subname)
        {
            return;
        }
        self.to("renames", stmt.relation.as_ref(), None);
        let object = stmt.object.as_deref();
        self.object("renames", stmt.rename_type(), object, None);
        let own = stmt.relation.as_ref().map(Name::of);
        let own = own.filter(|name| stmt.subname.is_empty() && self.find(name).is_none());
        self.makes(
            own.map(|name| name.beside(&stmt.newname)),
            Class::Relation,
            false,
        );
    }

    fn moves(&mut self, stmt: &AlterObjectSchemaStmt) {
        self.to("moves", stmt.relation.as_ref(), None);
        let object = stmt.object.as_deref();
        self.object("moves", stmt.object_type(), object, None);
        let class = match stmt.object_type() {
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectAggregate => Class::Routine,
            _ => Class::Relation,
        };
        let name = stmt.relation.as_ref().map(Name::of);
        let name = name.or_else(|| Name::of_object(object?));
        let own = name.filter(|name| self.find(name).is_none());
        let there = own.map(|name| Name {
            schema: Some(stmt.newschema.clone()),
            ..name
        });
        self.makes(there, class, false);
    }

    fn comment(&mut self, stmt: &CommentStmt) {
        let object = stmt.object.as_deref();
        self.part("comments on", stmt.objtype(), object, Some("comment"));
    }

    fn default_privileges(&mut self, stmt: &AlterDefaultPrivilegesStmt) {
        let schemas = ast::options(&stmt.options).filter(|option| option.defname == "schemas");
        for option in schemas {
            let Some(NodeEnum::List(list)) = ast::inner(option.arg.as_deref()) else {
                continue;
            };
            for schema in list.items.iter().filter_map(ast::string) {
                if let Some(schema) = self.core.schema(schema) {
                    self.touch("changes default privileges in schema", &schema, None);
                }
            }
        }
    }

    fn object(
        &mut self,
        what: &'static str,
        kind: ObjectType,
        object: Option<&Node>,
        takes: Option<&'static str>,
    ) {
        let Some(object) = object else { return };
        match ast::string(object) {
            None => self.does(what, Name::of_object(object), takes),
            Some(schema) if kind == ObjectType::ObjectSchema => {
                if let Some(schema) = self.core.schema(schema) {
                    self.touch(what, &schema, takes);
                }
            }
            // A database or a role of that name is none of the core's objects.
            Some(_) => {}
        }
    }

    /// An object, or a part of a relation, which is named with the relation before it: a part that the core has not
    /// made, such as the extension's own trigger, is not the core's.
    fn part(
        &mut self,
        what: &'static str,
        kind: ObjectType,
        object: Option<&Node>,
        takes: Option<&'static str>,
    ) {
        if !is_part(kind) {
            return self.object(what, kind, object, takes);
        }
        let Some(NodeEnum::List(list)) = ast::inner(object) else {
            return;
        };
        let Some((own, relation)) = list.items.split_last() else {
            return;
        };
        let relation = Name::of_parts(relation).filter(|name| self.find(name).is_some());
        let part = relation
            .zip(ast::string(own))
            .and_then(|(relation, own)| self.core.part(&relation, own));
        if let Some(mut part) = part {
            // Leave is given for the part itself.
            if takes.is_some() {
                part.shown = part.full.concat();
            }
            self.touch(what, &part, takes);
        }
    }

    fn drop(&mut self, stmt: &DropStmt) {
        let kind = stmt.remove_type();
        let what = match is_part(kind) {
            true => "drops a part of",
            false => "drops",
        };
        for object in &stmt.objects {
            self.part(what, kind, Some(object), None);
        }
    }

    fn grant(&mut self, stmt: &GrantStmt) {
        const WHAT: &str = "grants or revokes on";
        const TAKES: Option<&str> = Some("grant");
        let whole = stmt.targtype() == GrantTargetType::AclTargetAllInSchema;
        for object in &stmt.objects {
            match object.node.as_ref() {
                Some(NodeEnum::RangeVar(relation)) => self.to(WHAT, Some(relation), TAKES),
                _ if whole => {
                    let schema = ast::string(object).and_then(|schema| self.core.schema(schema));
                    if let Some(schema) = schema {
                        let all = format!("{}.*", schema.shown);
                        let all = Known {
                            shown: all.clone(),
                            full: vec![all],
                        };
                        self.touch(WHAT, &all, TAKES);
                    }
                }
                _ => self.object(WHAT, stmt.objtype(), Some(object), TAKES),
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
