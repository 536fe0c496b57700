//! A cheap mark of the catalog: equal marks mean that no DDL has happened in between.
//!
//! Every change of a catalog row writes a new row version with the transaction's number in `xmin`,
//! higher than any before; so with the number of rows the sum of their `xmin` tells of every change.
//! What merely touches a row in place (ANALYZE, VACUUM, `nextval`) keeps `xmin`. Rows that the running
//! transaction itself has written may change again under the same number: their place in the table
//! counts too, so a mark taken inside such a transaction does not equal the one after its commit.
//!
//! Catalogs an ordinary role may not read (roles, user mappings) count with their visible values.

use std::fmt::Write as _;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::CatalogError;

/// Catalogs whose rows count, with the column that separates user rows from the system's own where
/// reading the whole catalog would cost more than a range of its index.
const CATALOGS: &[(&str, &str)] = &[
    ("pg_attribute", "attrelid >= 16384 and attnum > 0"),
    ("pg_class", "oid >= 16384"),
    ("pg_type", "oid >= 16384"),
    ("pg_index", "indexrelid >= 16384"),
    ("pg_constraint", "oid >= 16384"),
    ("pg_proc", "oid >= 16384"),
    ("pg_attrdef", ""),
    ("pg_trigger", ""),
    ("pg_rewrite", "oid >= 16384"),
    ("pg_policy", ""),
    ("pg_namespace", ""),
    ("pg_inherits", ""),
    ("pg_sequence", ""),
    ("pg_enum", ""),
    ("pg_range", ""),
    ("pg_aggregate", "aggfnoid::oid >= 16384"),
    ("pg_operator", "oid >= 16384"),
    ("pg_opclass", "oid >= 16384"),
    ("pg_opfamily", "oid >= 16384"),
    ("pg_amop", "oid >= 16384"),
    ("pg_amproc", "oid >= 16384"),
    ("pg_cast", "oid >= 16384"),
    ("pg_collation", "oid >= 16384"),
    ("pg_conversion", "oid >= 16384"),
    ("pg_language", ""),
    ("pg_am", ""),
    ("pg_transform", ""),
    ("pg_ts_config", ""),
    ("pg_ts_config_map", "mapcfg >= 16384"),
    ("pg_ts_dict", ""),
    ("pg_ts_parser", ""),
    ("pg_ts_template", ""),
    ("pg_extension", ""),
    ("pg_event_trigger", ""),
    ("pg_statistic_ext", ""),
    ("pg_foreign_data_wrapper", ""),
    ("pg_foreign_server", ""),
    ("pg_foreign_table", ""),
    ("pg_publication", ""),
    ("pg_publication_rel", ""),
    ("pg_default_acl", ""),
    ("pg_db_role_setting", ""),
    ("pg_seclabel", ""),
    ("pg_tablespace", ""),
    ("pg_description", "objoid >= 16384"),
    (
        "pg_description",
        "objoid in (select oid from pg_namespace union all select oid from pg_extension) and objoid < 16384",
    ),
    // What belongs to an extension is written nowhere else.
    (
        "pg_depend",
        "refclassid = 'pg_extension'::regclass and deptype = 'e'",
    ),
];

/// A catalog that older servers lack, with the first major version that has it.
const LATER_CATALOGS: &[(&str, u32)] = &[("pg_publication_namespace", 15)];

/// One SELECT that yields the mark as one text value, for a server of this major version.
///
/// It names every object with its schema, so it needs no settings and may be part of any message.
pub fn stamp_sql(server_major: u32) -> String {
    let later = LATER_CATALOGS
        .iter()
        .filter(|(_, since)| server_major >= *since)
        .map(|(catalog, _)| (*catalog, ""));
    let mut rows = String::new();
    for (catalog, condition) in CATALOGS.iter().copied().chain(later) {
        let union = if rows.is_empty() { "" } else { " union all " };
        let filter = if condition.is_empty() { "" } else { " where " };
        // Writing to a String cannot fail.
        let _ = write!(
            rows,
            "{union}select xmin, ctid from pg_catalog.{catalog}{filter}{condition}"
        );
    }
    // 2147483647 is the age of a permanent number, which rows of initdb carry: it tells nothing.
    format!(
        "select concat_ws('.', count(*), \
           sum(case age when 2147483647 then 0 else (newest - age) & 4294967295 end), \
           sum(hashtext(ctid::text)) filter (where age <= 0), \
           (select sum(hashtext(oid || ' ' || rolname)) from pg_catalog.pg_roles), \
           (select sum(hashtext(umid || ' ' || array_length(umoptions, 1))) from pg_catalog.pg_user_mappings)) \
         from (select age(xmin)::bigint as age, ctid, (select age('3'::xid)::bigint) as newest from ({rows}) r) rows"
    )
}

/// Takes the mark in one round trip.
///
/// # Errors
/// What the server reports.
pub async fn stamp(client: &Client, server_major: u32) -> Result<String, CatalogError> {
    let messages = client.simple_query(&stamp_sql(server_major)).await?;
    messages
        .iter()
        .find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .ok_or(CatalogError::Unexpected {
            what: "no catalog mark",
        })
}
