//! Which objects a snapshot holds.

use crate::quote::literal;

/// What a snapshot holds and what it leaves out.
///
/// Always left out: system schemas, members of extensions, and the schemas of a hosting platform
/// that really are the platform's (a user's own schema named `auth` is included).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whether comments count.
    pub comments: bool,
    /// Whether grants and default privileges count.
    pub grants: bool,
    /// Whether owners count.
    pub owners: bool,
    /// Schemas left out with all they hold, by name.
    pub exclude_schemas: Vec<String>,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            comments: true,
            grants: true,
            owners: true,
            exclude_schemas: vec!["enact".to_owned()],
        }
    }
}

/// Schemas that Supabase manages, where one of its own roles owns them.
const PLATFORM_SCHEMAS: &str = "{_analytics,_realtime,auth,cron,extensions,graphql,graphql_public,net,pgbouncer,pgmq,pgsodium,\
     pgsodium_masks,pgtle,realtime,repack,storage,supabase_functions,vault}";

/// Schemas of Supabase that ordinary roles own there.
const PLATFORM_SCHEMAS_OF_OTHERS: &str = "{extensions,pgbouncer,supabase_migrations}";

impl Scope {
    /// The condition that a `pg_namespace` row `n` is in scope.
    pub(super) fn schema_condition(&self) -> String {
        let excluded: String = self
            .exclude_schemas
            .iter()
            .map(|name| format!(" and n.nspname <> {}", literal(name)))
            .collect();
        let platform = platform_role_condition("n.nspowner");
        format!(
            "(n.nspname !~ '^pg_' and n.nspname <> 'information_schema'{excluded} \
             and not (n.nspname = any ('{PLATFORM_SCHEMAS}') and {platform}) \
             and not (n.nspname = any ('{PLATFORM_SCHEMAS_OF_OTHERS}') \
             and exists (select from pg_roles where rolname = 'supabase_admin')))"
        )
    }
}

/// The condition that the role with this oid is one that only Supabase may create.
pub(super) fn platform_role_condition(oid: &str) -> String {
    format!(r"(pg_get_userbyid({oid}) like 'supabase\_%')")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excluded_schemas_reach_the_condition() {
        let scope = Scope {
            exclude_schemas: vec!["o'neil".to_owned()],
            ..Scope::default()
        };
        assert!(scope.schema_condition().contains("n.nspname <> E'o''neil'"));
    }
}
