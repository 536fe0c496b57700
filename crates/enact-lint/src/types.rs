//! Types of columns, and what changing one costs.

use pg_query::NodeEnum;
use pg_query::protobuf::TypeName;

use crate::ast;
use crate::catalog::Catalog;
use crate::names::Name;

/// A type as far as changes are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// PostgreSQL's internal name, such as `int4`.
    pub base: String,
    /// What stands in parentheses.
    pub mods: Vec<i32>,
    array: bool,
}

/// What a change of type does to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: the stored values stay.
    Free,
    /// Every row is written again.
    Rewrite,
    /// It depends on what the text does not say.
    Unknown,
}

const BUILTIN: &[&str] = &[
    "int2",
    "int4",
    "int8",
    "numeric",
    "float4",
    "float8",
    "text",
    "varchar",
    "bpchar",
    "bytea",
    "bool",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "xml",
    "inet",
    "cidr",
    "bit",
    "varbit",
    "oid",
    "macaddr",
    "money",
];

impl Type {
    pub fn of(name: &TypeName) -> Option<Self> {
        let own = Name::of_parts(&name.names)?;
        let system = own
            .schema
            .as_deref()
            .is_none_or(|schema| schema == "pg_catalog");
        let base = match own.name.as_str() {
            "serial" | "serial4" => "int4",
            "bigserial" | "serial8" => "int8",
            "smallserial" | "serial2" => "int2",
            other => other,
        };
        let base = if system {
            base.to_owned()
        } else {
            own.to_string()
        };
        Some(Self {
            base,
            mods: name.typmods.iter().filter_map(integer).collect(),
            array: !name.array_bounds.is_empty(),
        })
    }

    /// The type that SQL text names.
    pub fn parse(sql: &str) -> Option<Self> {
        let select = format!("SELECT NULL::{sql}");
        enact_sql::tree::look(&select, |node| {
            let mut found = None;
            if let NodeEnum::SelectStmt(select) = node {
                for target in &select.target_list {
                    if let Some(target) = &target.node {
                        ast::visit(target, &mut |node| {
                            if let NodeEnum::TypeCast(cast) = node {
                                found = found.take().or_else(|| Self::of(cast.type_name.as_ref()?));
                            }
                        });
                    }
                }
            }
            found
        })?
    }

    /// Is it one of PostgreSQL's own?
    pub fn is_builtin(&self) -> bool {
        BUILTIN.contains(&self.base.as_str())
    }

    /// What changing a column from this type to another does.
    pub fn change_to(&self, new: &Self) -> Change {
        if self.array != new.array || self.array {
            let same = self == new;
            return if same { Change::Free } else { Change::Unknown };
        }
        if self.base == new.base {
            return self.same_base(new);
        }
        if !self.is_builtin() || !new.is_builtin() {
            return Change::Unknown;
        }
        match (self.base.as_str(), new.base.as_str()) {
            ("text", "varchar") if new.mods.is_empty() => Change::Free,
            ("varchar" | "xml", "text") | ("cidr", "inet") | ("int4", "oid") => Change::Free,
            ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => Change::Unknown,
            _ => Change::Rewrite,
        }
    }

    /// The same, with what the catalog knows of types that are not PostgreSQL's own.
    pub fn change_in(&self, new: &Self, catalog: &Catalog) -> Change {
        let plain = self.change_to(new);
        if plain != Change::Unknown {
            return plain;
        }
        if self.array && new.array {
            return match self.element().change_in(&new.element(), catalog) {
                Change::Rewrite => Change::Rewrite,
                _ => Change::Unknown,
            };
        }
        if self.array || new.array || self.base == new.base {
            return Change::Unknown;
        }
        let (old_name, new_name) = (self.name(), new.name());
        if old_name.may_be(&new_name) && self.mods == new.mods {
            return Change::Free;
        }
        // A domain is stored as its base is.
        if let Some(domain) = catalog.domain(&old_name).filter(|_| !self.is_builtin()) {
            let base = Self::parse(&domain.base);
            return base.map_or(Change::Unknown, |base| base.change_in(new, catalog));
        }
        if let Some(domain) = catalog.domain(&new_name).filter(|_| !new.is_builtin()) {
            let base = Self::parse(&domain.base);
            return match domain.constrained {
                true => Change::Rewrite,
                false => base.map_or(Change::Unknown, |base| self.change_in(&base, catalog)),
            };
        }
        let listed = |of: &Self, name: &Name| !of.is_builtin() && catalog.is_enum(name);
        match listed(self, &old_name) || listed(new, &new_name) {
            true => Change::Rewrite,
            false => Change::Unknown,
        }
    }

    fn element(&self) -> Self {
        Self {
            array: false,
            ..self.clone()
        }
    }

    /// Are values of both compared as they are stored?
    pub fn compares_with(&self, other: &Self) -> bool {
        let text = |of: &Self| matches!(of.base.as_str(), "text" | "varchar");
        self.array == other.array && (self.base == other.base || (text(self) && text(other)))
    }

    fn name(&self) -> Name {
        let plain = |part: &str| part.trim_matches('"').to_owned();
        match self.base.split_once('.') {
            Some((schema, name)) => Name {
                schema: Some(plain(schema)),
                name: plain(name),
            },
            None => Name::plain(plain(&self.base)),
        }
    }

    fn same_base(&self, new: &Self) -> Change {
        if self.mods == new.mods {
            return Change::Free;
        }
        let wider = match (self.mods.first(), new.mods.first()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(old), Some(new)) => new >= old,
        };
        let free = match self.base.as_str() {
            "varchar" | "varbit" | "timestamp" | "timestamptz" => wider,
            "numeric" => {
                let scale = |mods: &[i32]| mods.get(1).copied().unwrap_or(0);
                new.mods.is_empty()
                    || (wider && !self.mods.is_empty() && scale(&self.mods) == scale(&new.mods))
            }
            "bpchar" | "bit" | "interval" => false,
            _ => return Change::Unknown,
        };
        if free { Change::Free } else { Change::Rewrite }
    }
}

fn integer(node: &pg_query::protobuf::Node) -> Option<i32> {
    match node.node.as_ref()? {
        NodeEnum::AConst(value) => match value.val.as_ref()? {
            pg_query::protobuf::a_const::Val::Ival(value) => Some(value.ival),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: &str, new: &str) -> Change {
        Type::parse(old)
            .unwrap()
            .change_to(&Type::parse(new).unwrap())
    }

    #[test]
    fn free_changes_are_free() {
        for (old, new) in [
            ("varchar(50)", "varchar(100)"),
            ("varchar(50)", "text"),
            ("varchar(50)", "varchar"),
            ("text", "varchar"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric"),
            ("timestamp(3)", "timestamp"),
            ("timestamptz(3)", "timestamptz(6)"),
            ("varbit(8)", "varbit(16)"),
            ("cidr", "inet"),
            ("xml", "text"),
            ("int", "integer"),
        ] {
            assert_eq!(change(old, new), Change::Free, "{old} to {new}");
        }
    }

    #[test]
    fn rewrites_are_rewrites() {
        for (old, new) in [
            ("varchar(100)", "varchar(50)"),
            ("text", "varchar(10)"),
            ("int", "bigint"),
            ("int", "text"),
            ("numeric(10,2)", "numeric(12,3)"),
            ("numeric(10,2)", "numeric(8,2)"),
            ("numeric", "numeric(8,2)"),
            ("timestamp(3)", "timestamp(0)"),
            ("char(3)", "char(5)"),
            ("char(3)", "text"),
            ("varchar(3)", "char(3)"),
            ("json", "jsonb"),
            ("date", "timestamptz"),
            ("inet", "cidr"),
            ("float8", "numeric"),
            ("interval", "interval(3)"),
        ] {
            assert_eq!(change(old, new), Change::Rewrite, "{old} to {new}");
        }
    }

    #[test]
    fn what_depends_on_more_is_unknown() {
        for (old, new) in [
            ("timestamp", "timestamptz"),
            ("mood", "text"),
            ("int[]", "bigint[]"),
        ] {
            assert_eq!(change(old, new), Change::Unknown, "{old} to {new}");
        }
    }
}
