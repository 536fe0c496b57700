//! Installation of schema `enact`, in the transaction that also writes its first entry.

/// Version of schema `enact` that this program installs and works with.
pub const SCHEMA_VERSION: i32 = 1;

pub(super) const SCHEMA_SQL: &str = include_str!("schema.sql");
const ROLES_SQL: &str = include_str!("roles.sql");

/// The statements that install schema `enact` from nothing, without transaction control.
#[must_use]
pub fn install_sql() -> String {
    format!("{SCHEMA_SQL}\n{ROLES_SQL}")
}
