//! The text of the catalog queries.
//!
//! Every query yields the same seven columns: kind, name, text, then the object's address (class,
//! oid, sub-oid) and its owner. A comment, grant or security label has the address of the object it
//! is about. Sorting is by `collate "C"` throughout, or a text would depend on the database's locale.
//!
//! One text serves every server version. A column that older servers lack is read inside a lateral
//! sub-select beside a one-row relation `missing` that supplies a stand-in of the same name:
//! the inner column wins where it exists.

use super::scope::{Scope, platform_role_condition};

/// Queries for objects; annotations come after them, since they refer to objects by address.
const OBJECTS: &[&str] = &[
    include_str!("queries/schemas.sql"),
    include_str!("queries/relations.sql"),
    include_str!("queries/columns.sql"),
    include_str!("queries/constraints.sql"),
    include_str!("queries/indexes.sql"),
    include_str!("queries/sequences.sql"),
    include_str!("queries/functions.sql"),
    include_str!("queries/aggregates.sql"),
    include_str!("queries/triggers.sql"),
    include_str!("queries/rules.sql"),
    include_str!("queries/policies.sql"),
    include_str!("queries/types.sql"),
    include_str!("queries/extensions.sql"),
    include_str!("queries/operators.sql"),
    include_str!("queries/opclasses.sql"),
    include_str!("queries/casts.sql"),
    include_str!("queries/collations.sql"),
    include_str!("queries/text_search.sql"),
    include_str!("queries/publications.sql"),
    include_str!("queries/statistics.sql"),
    include_str!("queries/foreign.sql"),
    include_str!("queries/settings.sql"),
    include_str!("queries/labels.sql"),
];

/// Fixes everything a deparsed text could depend on, and what would slow small queries down.
pub(super) const SETTINGS: &str = "select set_config(name, value, true) from (values \
    ('search_path', 'pg_catalog, pg_temp'), ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), \
    ('timezone', 'UTC'), ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('lc_monetary', 'C'), \
    ('quote_all_identifiers', 'off'), ('standard_conforming_strings', 'on'), ('jit', 'off'), \
    ('max_parallel_workers_per_gather', '0')) settings (name, value)";

/// The row that tells the server's version.
const SERVER: &str =
    "select 'server version', null, current_setting('server_version_num'), 0, 0, 0, null";

/// The queries of a snapshot in one text, separated by semicolons.
pub(super) fn all(scope: &Scope) -> String {
    list(scope).join(";\n")
}

/// The queries of a snapshot, in order.
pub(super) fn list(scope: &Scope) -> Vec<String> {
    let mut texts = vec![SERVER];
    texts.extend(OBJECTS);
    if scope.comments {
        texts.push(include_str!("queries/comments.sql"));
    }
    if scope.grants {
        texts.push(include_str!("queries/grants.sql"));
    }
    let schemas = scope.schema_condition();
    texts.iter().map(|text| expand(text, &schemas)).collect()
}

/// Replaces the abbreviations of the query files.
fn expand(text: &str, schemas: &str) -> String {
    let text = text.replace("$scope", schemas);
    let text = expand_call(&text, "$own(", own_condition);
    let text = expand_call(&text, "$platform(", |[role]| platform_role_condition(role));
    expand_call(&text, "$acl(", acl_text)
}

/// Replaces each `name(a, b)` by what `replacement` makes of its arguments.
fn expand_call<const N: usize>(
    text: &str,
    name: &str,
    replacement: impl Fn([&str; N]) -> String,
) -> String {
    let mut pieces = text.split(name);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (arguments, rest) = piece.split_once(')').unwrap_or((piece, ""));
        let mut list = arguments.split(", ");
        out.push_str(&replacement(std::array::from_fn(|_| {
            list.next().unwrap_or_default()
        })));
        out.push_str(rest);
    }
    out
}

/// The condition that an object of a catalog is no member of an extension.
///
/// Asked from the extensions' side, since the index on referenced objects makes that set cheap.
fn own_condition([catalog, oid]: [&str; 2]) -> String {
    format!(
        "{oid} not in (select objid from pg_depend where refclassid = 'pg_extension'::regclass \
         and deptype = 'e' and classid = '{catalog}'::regclass)"
    )
}

/// A readable, sorted text of an access control list.
///
/// The owner is not named: a change of owner is a difference of its own and must not make every
/// grant differ too.
fn acl_text([acl, owner]: [&str; 2]) -> String {
    format!(
        "(select coalesce(string_agg(line, e'\\n' order by line collate \"C\"), 'nobody') from (\
           select case grantee when 0 then 'public' when {owner} then 'the owner' \
                  else quote_ident(pg_get_userbyid(grantee)) end || ': ' \
               || string_agg(lower(privilege_type) || case when is_grantable then ' with grant option' else '' end, \
                             ', ' order by privilege_type collate \"C\", is_grantable) \
               || case when grantor = {owner} then '' else ' by ' || quote_ident(pg_get_userbyid(grantor)) end as line \
           from aclexplode({acl}) group by grantee, grantor) entries)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_all_expanded() {
        let text = all(&Scope::default());
        assert!(!text.contains('$'), "{text}");
    }

    #[test]
    fn calls_are_expanded_with_their_arguments() {
        let out = expand_call("x $f(a, b.c) y $f(d, e)", "$f(", |[one, two]: [&str; 2]| {
            format!("<{one}|{two}>")
        });
        assert_eq!(out, "x <a|b.c> y <d|e>");
    }

    #[test]
    fn switched_off_parts_are_not_asked_for() {
        let scope = Scope {
            comments: false,
            grants: false,
            ..Scope::default()
        };
        let text = all(&scope);
        assert!(!text.contains("pg_description") && !text.contains("aclexplode"));
    }
}
