//! Whether what protects the ledger inside the database is as it was installed.
//!
//! The guards are defence in depth: whoever owns the schema, and every superuser, can take them down. That they are
//! up, and that the ledger agrees with a head kept elsewhere, are two different statements.

use sha2::{Digest as _, Sha256};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

const GUARDS_SQL: &str = include_str!("guards.sql");
const OWNER_SQL: &str = "\
SELECT pg_get_userbyid(c.relowner)::text, r.rolcanlogin OR pg_has_role(session_user, r.oid, 'MEMBER') AND NOT s.rolsuper
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN pg_roles s ON s.rolname = session_user
WHERE c.oid = to_regclass('enact.ledger')";

/// The functions of schema `enact`, each with the version that brought it. Their names tag their bodies in the script.
/// Those of version 0 are the recorder's, which is optional.
const FUNCTIONS: [(&str, i32); 14] = [
    ("refuse_ddl", 0),
    ("within_run", 0),
    ("note_ddl", 0),
    ("note_drop", 0),
    ("refuse", 1),
    ("expect", 1),
    ("append", 1),
    ("beat", 1),
    ("keep", 1),
    ("backfill_begin", 2),
    ("backfill_advance", 2),
    ("backfill_end", 2),
    ("backfill_pause", 2),
    ("backfill_settled", 2),
];

/// What was found out about the guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guards {
    /// Everything that is not as installed, in words. Empty when all is well.
    pub faults: Vec<String>,
    /// Who owns the ledger.
    pub owner: String,
    /// The owner can log in, or the role that asks may become it: it could take the guards down.
    pub owner_at_hand: bool,
}

/// Compares the guards of the ledger with what this version installs.
///
/// # Errors
/// When the connection is lost or the role may not read the catalog.
pub async fn guards(client: &Client) -> Result<Guards, Error> {
    let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let sources: Vec<String> = FUNCTIONS
        .iter()
        .map(|(name, _)| digest(body(name)))
        .collect();
    let versions: Vec<i32> = FUNCTIONS.iter().map(|(_, since)| *since).collect();
    let values = [
        (
            &names as &(dyn tokio_postgres::types::ToSql + Sync),
            Type::TEXT_ARRAY,
        ),
        (&sources as _, Type::TEXT_ARRAY),
        (&versions as _, Type::INT4_ARRAY),
    ];
    let (faults, owner) = tokio::join!(biased; client.query_typed(GUARDS_SQL, &values), client.query_typed_opt(OWNER_SQL, &[]));
    let faults = faults?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let (owner, owner_at_hand) = match owner? {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (String::new(), false),
    };
    Ok(Guards {
        faults,
        owner,
        owner_at_hand,
    })
}

/// The body of a function in the installation script: what `pg_proc.prosrc` holds.
fn body(name: &str) -> &'static str {
    let tag = format!("${name}$");
    let scripts = [super::install::SCHEMA_SQL, super::recorder::INSTALL_SQL];
    let found = scripts.iter().find_map(|script| script.split(&tag).nth(1));
    found.unwrap_or_default()
}

fn digest(text: &str) -> String {
    super::append::hex(&Sha256::digest(text.as_bytes()))
}
