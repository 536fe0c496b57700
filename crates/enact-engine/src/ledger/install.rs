//! Installation of schema `enact`, in the transaction that also writes its first entry.

/// Version of schema `enact` that this program installs and works with.
pub const SCHEMA_VERSION: i32 = 2;

pub(super) const SCHEMA_SQL: &str =
    concat!(include_str!("schema.sql"), include_str!("backfill.sql"));
/// What brings version 1 to version 2.
const BACKFILL_SQL: &str = include_str!("backfill.sql");
/// Who made the roles may become the owner again.
const REJOIN_SQL: &str = include_str!("rejoin.sql");
const ROLES_SQL: &str = include_str!("roles.sql");

/// The statements that install schema `enact` from nothing, without transaction control.
#[must_use]
pub fn install_sql() -> String {
    format!("{SCHEMA_SQL}\n{ROLES_SQL}")
}

/// The statements that bring schema `enact` from `version` to [`SCHEMA_VERSION`], without transaction control; `None` where
/// it is there already.
#[must_use]
pub fn upgrade_sql(version: i32) -> Option<String> {
    (1..SCHEMA_VERSION)
        .contains(&version)
        .then(|| format!("{REJOIN_SQL}\n{BACKFILL_SQL}\n{ROLES_SQL}"))
}
