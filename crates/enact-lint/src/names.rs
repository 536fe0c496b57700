//! Names of objects, and how SQL writes them.

use std::fmt;

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, RangeVar};

use crate::ast;

/// The name of an object, perhaps with its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Its schema, where it is given.
    pub schema: Option<String>,
    /// Its own name.
    pub name: String,
}

impl Name {
    /// A name without a schema.
    #[must_use]
    pub fn plain(name: impl Into<String>) -> Self {
        Self {
            schema: None,
            name: name.into(),
        }
    }

    /// Can both be the same object? A name without a schema may stand for any.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let one_schema = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        one_schema && self.name == other.name
    }

    pub(crate) fn of(relation: &RangeVar) -> Self {
        Self {
            schema: Some(relation.schemaname.clone()).filter(|schema| !schema.is_empty()),
            name: relation.relname.clone(),
        }
    }

    /// A name given as a list of strings.
    pub(crate) fn of_parts(parts: &[Node]) -> Option<Self> {
        let mut parts = parts.iter().rev().filter_map(ast::string);
        let name = parts.next()?.to_owned();
        Some(Self {
            schema: parts.next().map(str::to_owned),
            name,
        })
    }

    /// The name of what `DROP` and `COMMENT` name.
    pub(crate) fn of_object(object: &Node) -> Option<Self> {
        match object.node.as_ref()? {
            NodeEnum::List(list) => Self::of_parts(&list.items),
            NodeEnum::TypeName(name) => Self::of_parts(&name.names),
            NodeEnum::ObjectWithArgs(object) => Self::of_parts(&object.objname),
            NodeEnum::String(name) => Some(Self::plain(&name.sval)),
            NodeEnum::RangeVar(relation) => Some(Self::of(relation)),
            _ => None,
        }
    }

    /// The same name with another last part, in the same schema.
    pub(crate) fn beside(&self, name: impl Into<String>) -> Self {
        Self {
            schema: self.schema.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", ident(schema))?;
        }
        write!(f, "{}", ident(&self.name))
    }
}

/// Words that cannot be a name without quotes.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// A name as SQL writes it, in quotes only where it must.
pub(crate) fn ident(name: &str) -> String {
    let start = |c: char| c.is_ascii_lowercase() || c == '_';
    let part = |c: char| start(c) || c.is_ascii_digit() || c == '$';
    let plain = name.starts_with(start) && name.chars().all(part) && !RESERVED.contains(&name);
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// Names as a list.
pub(crate) fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A string constant.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_only_where_they_must_be() {
        let name = |schema: Option<&str>, name: &str| Name {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        };
        assert_eq!(name(None, "visit").to_string(), "visit");
        assert_eq!(name(Some("App"), "user").to_string(), "\"App\".\"user\"");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(ident("1a"), "\"1a\"");
    }

    #[test]
    fn a_name_without_a_schema_may_be_any() {
        let public = Name {
            schema: Some("public".into()),
            name: "t".into(),
        };
        let other = Name {
            schema: Some("app".into()),
            name: "t".into(),
        };
        assert!(public.may_be(&Name::plain("t")));
        assert!(!public.may_be(&other));
        assert!(!public.may_be(&Name::plain("u")));
    }
}
