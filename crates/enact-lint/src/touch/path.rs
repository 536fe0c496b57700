//! Where a script makes what it names without a schema.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, VariableSetKind, VariableSetStmt, a_const};

use crate::ast;

/// The first schema of `search_path`, as far as the script sets it.
#[derive(Debug, Default)]
pub(super) struct Path {
    session: Option<String>,
    local: Option<String>,
}

impl Path {
    /// The schema in which a name without one is made.
    pub fn first(&self) -> &str {
        let set = self.local.as_ref().or(self.session.as_ref());
        set.map_or("public", String::as_str)
    }

    /// Takes in a statement that sets it.
    pub fn learn(&mut self, node: &NodeEnum) {
        let NodeEnum::VariableSetStmt(stmt) = node else {
            return;
        };
        let all = stmt.kind() == VariableSetKind::VarResetAll;
        if !all && !stmt.name.eq_ignore_ascii_case("search_path") {
            return;
        }
        let first = first(stmt);
        match stmt.is_local {
            true => self.local = first,
            false => (self.session, self.local) = (first, None),
        }
    }

    /// What was set for the transaction ends with it.
    pub fn end_of_transaction(&mut self) {
        self.local = None;
    }
}

/// The first schema that is set; a role's own, which need not be there, is none.
fn first(stmt: &VariableSetStmt) -> Option<String> {
    let mut named = stmt.args.iter().filter_map(constant);
    let first = named.find(|schema| *schema != "$user" && !schema.is_empty());
    first.map(str::to_owned)
}

fn constant(node: &Node) -> Option<&str> {
    match ast::inner(Some(node))? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(text) => Some(&text.sval),
            _ => None,
        },
        _ => None,
    }
}
