//! What is learnt of domains and functions, and of what is dropped or renamed.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    ConstrType, CreateDomainStmt, CreateFunctionStmt, DropStmt, FunctionParameterMode, Node,
    ObjectType, RenameStmt,
};

use crate::ast;
use crate::catalog::{Catalog, Domain, Function, Volatility};
use crate::names::Name;

impl Catalog {
    pub(super) fn create_domain(&mut self, stmt: &CreateDomainStmt) {
        let Some(name) = Name::of_parts(&stmt.domainname) else {
            return;
        };
        let has = |kinds: &[ConstrType]| {
            ast::constraints(&stmt.constraints)
                .any(|constraint| kinds.contains(&constraint.contype()))
        };
        self.domains.push(Domain {
            name,
            constrained: has(&[ConstrType::ConstrCheck, ConstrType::ConstrNotnull]),
            has_default: has(&[ConstrType::ConstrDefault]),
            base: stmt
                .type_name
                .as_ref()
                .map_or_else(String::new, ast::sql_of_type),
        });
    }

    pub(super) fn create_function(&mut self, stmt: &CreateFunctionStmt) {
        let Some(name) = Name::of_parts(&stmt.funcname) else {
            return;
        };
        let option = |wanted: &str| {
            let mut options = ast::options(&stmt.options);
            let option = options.find(|option| option.defname == wanted)?;
            match ast::inner(option.arg.as_deref())? {
                NodeEnum::String(value) => Some(value.sval.clone()),
                _ => None,
            }
        };
        let volatility = match (
            option("volatility").as_deref(),
            option("language").as_deref(),
        ) {
            (Some("immutable"), _) => Volatility::Immutable,
            (Some("stable"), _) => Volatility::Stable,
            // A function in SQL may be taken into the statement, and then its body decides.
            (_, Some("plpgsql")) => Volatility::Volatile,
            _ => Volatility::Unknown,
        };
        let arguments = arguments(&stmt.parameters);
        let replaced = |known: &Function| known.name == name && known.arguments == arguments;
        self.functions.retain(|known| !replaced(known));
        self.functions.push(Function {
            name,
            volatility,
            arguments,
        });
    }

    pub(super) fn drop(&mut self, stmt: &DropStmt) {
        self.forget_users(stmt);
        for name in stmt.objects.iter().filter_map(Name::of_object) {
            match stmt.remove_type() {
                ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview => {
                    self.relations
                        .retain(|relation| !relation.name.may_be(&name));
                    self.indexes.retain(|index| !index.table.may_be(&name));
                    self.foreign_keys.retain(|key| !key.table.may_be(&name));
                    self.sequences.retain(|known| !known.table.may_be(&name));
                    self.rewrites.retain(|known| !known.table.may_be(&name));
                    self.users.retain(|user| !user.table.may_be(&name));
                }
                ObjectType::ObjectIndex => self.indexes.retain(|index| !index.name.may_be(&name)),
                ObjectType::ObjectDomain => {
                    self.domains.retain(|domain| !domain.name.may_be(&name))
                }
                ObjectType::ObjectType => self.enums.retain(|known| !known.may_be(&name)),
                ObjectType::ObjectFunction => {
                    self.functions
                        .retain(|function| !function.name.may_be(&name));
                }
                _ => {}
            }
        }
    }

    pub(super) fn rename(&mut self, stmt: &RenameStmt) {
        let Some(name) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        match stmt.rename_type() {
            ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview => {
                let new = name.beside(&stmt.newname);
                for index in self.indexes.each_mut(|index| index.table.may_be(&name)) {
                    index.table = new.clone();
                }
                if let Some(relation) = self.relation_mut(&name) {
                    relation.name = new;
                }
            }
            ObjectType::ObjectColumn => {
                if let Some(relation) = self.relation_mut(&name) {
                    let mut columns = relation.columns.iter_mut();
                    if let Some(column) = columns.find(|column| column.name == stmt.subname) {
                        column.name.clone_from(&stmt.newname);
                    }
                }
            }
            ObjectType::ObjectIndex => {
                let index = self.indexes.find_mut(|index| index.name.may_be(&name));
                if let Some(index) = index {
                    index.name = name.beside(&stmt.newname);
                }
            }
            _ => {}
        }
    }
}

/// With how many arguments a function can be called.
fn arguments(parameters: &[Node]) -> (usize, usize) {
    use FunctionParameterMode as Mode;
    let (mut least, mut most) = (0, 0);
    for parameter in parameters {
        let Some(NodeEnum::FunctionParameter(parameter)) = &parameter.node else {
            continue;
        };
        match parameter.mode() {
            Mode::FuncParamOut | Mode::FuncParamTable => continue,
            Mode::FuncParamVariadic => most = usize::MAX,
            _ => most = most.saturating_add(1),
        }
        least += usize::from(parameter.defexpr.is_none());
    }
    (least, most)
}
