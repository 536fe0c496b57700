//! A cheap mark of the catalog: equal marks mean that the schema is the same as before.
//!
//! Every change of a catalog row writes a new row version with the transaction's number in `xmin`,
//! which is higher than any before; so the number of rows and the sum of their `xmin` tell of every
//! change. What merely touches a row in place (ANALYZE, VACUUM, `nextval`) keeps `xmin`. Rows that
//! the running transaction itself has written may change again under the same number, so a mark taken
//! after DDL in the same transaction equals no other mark.
//!
//! Nearly all of the time goes into planning, by the number of catalogs. So catalogs whose rows change
//! only together with rows that count already are not read: `pg_attrdef` (with `pg_attribute`),
//! `pg_range` (`pg_type`), `pg_aggregate` (`pg_proc`) and a few more; and those of rare kinds of
//! objects are read, in a second round trip, only where `pg_depend` shows that there are such objects.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::CatalogError;

/// The catalogs that always count. User rows have numbers from 16384; what initdb made and what may
/// change nevertheless (a schema, an extension) has the age of a permanent number until it does.
const ALWAYS: &[&str] = &[
    "pg_attribute where attrelid >= 16384 and attnum > 0",
    "pg_class where oid >= 16384",
    "pg_type where oid >= 16384",
    "pg_index where indexrelid >= 16384",
    "pg_constraint where oid >= 16384",
    "pg_proc where oid >= 16384",
    "pg_trigger",
    "pg_rewrite where oid >= 16384",
    "pg_policy",
    "pg_inherits",
    "pg_sequence",
    "pg_enum",
    "pg_event_trigger",
    "pg_statistic_ext",
    "pg_publication",
    "pg_publication_rel",
    "pg_default_acl",
    "pg_db_role_setting",
    "pg_seclabel",
    "pg_tablespace where oid >= 16384",
    "pg_cast where oid >= 16384",
    "pg_transform",
    "pg_language where oid >= 16384",
    "pg_am where oid >= 16384",
    "pg_foreign_data_wrapper",
    "pg_description where objoid >= 16384",
    // The comment on schema public.
    "pg_description where objoid = 2200 and pg_catalog.age(xmin) <> 2147483647",
    "pg_namespace where pg_catalog.age(xmin) <> 2147483647 and nspname !~ '^pg_(toast_)?temp_'",
    "pg_extension where pg_catalog.age(xmin) <> 2147483647",
    "pg_depend where refclassid = 3079 and deptype = 'e' and pg_catalog.age(xmin) <> 2147483647",
    // Operators and functions of families, mappings of text search configurations and schemas of
    // publications never change without their dependencies; not every server has a catalog of the last.
    "pg_depend where classid in (2602, 2603, 3602, 6237) and objid >= 16384",
];

/// Catalogs of rare kinds, by the class that `pg_depend` knows their objects under. Only kinds that
/// always depend on something that initdb did not make: on that, no dependency is written.
const RARELY: &[(&str, &[&str])] = &[
    ("1417", &["pg_foreign_server", "pg_foreign_table"]),
    ("2607", &["pg_conversion where oid >= 16384"]),
    ("2616", &["pg_opclass where oid >= 16384"]),
    ("2617", &["pg_operator where oid >= 16384"]),
    ("2753", &["pg_opfamily where oid >= 16384"]),
    ("3456", &["pg_collation where oid >= 16384"]),
    ("3600", &["pg_ts_dict where oid >= 16384"]),
    ("3601", &["pg_ts_parser where oid >= 16384"]),
    ("3602", &["pg_ts_config where oid >= 16384"]),
    ("3764", &["pg_ts_template where oid >= 16384"]),
];

/// Ordinary roles may not read `pg_authid`; the names of roles are what a snapshot shows.
const ROLES: &str =
    "(select sum(pg_catalog.hashtext(oid || ' ' || rolname)) from pg_catalog.pg_roles)";

/// Ordinary roles may not read `pg_user_mapping`, nor may its secrets count.
const USER_MAPPINGS: &str = "(select sum(pg_catalog.hashtext(umid || ' ' || pg_catalog.array_length(umoptions, 1))) from pg_catalog.pg_user_mappings)";

/// Takes the mark, in one round trip where there are no rare kinds of objects, else in two.
///
/// Everything is named with its schema, so it needs no settings and may be taken anywhere.
///
/// # Errors
/// What the server reports.
pub async fn stamp(client: &Client) -> Result<String, CatalogError> {
    let text = format!("{}, {}", mark_sql(ALWAYS, ROLES), rare_classes_sql());
    let (mark, classes) = ask(client, &format!("select {text}")).await?;
    if classes.is_empty() {
        return Ok(mark);
    }
    let listed = |class: &&str| classes.split(',').any(|one| one == *class);
    let catalogs: Vec<&str> = RARELY
        .iter()
        .filter(|(class, _)| listed(class))
        .flat_map(|(_, catalogs)| catalogs.iter().copied())
        .collect();
    let text = format!("select {}, null", mark_sql(&catalogs, USER_MAPPINGS));
    let (rare, _) = ask(client, &text).await?;
    Ok(format!("{mark}/{classes}/{rare}"))
}

/// The mark of some catalogs: number of rows, sum of transaction numbers, and a further value.
///
/// Ages are all counted from one number, and '3' is the first there is.
fn mark_sql(catalogs: &[&str], further: &str) -> String {
    let rows: Vec<String> = catalogs
        .iter()
        .map(|catalog| format!("select pg_catalog.age(xmin) as age from pg_catalog.{catalog}"))
        .collect();
    format!(
        "(select pg_catalog.concat_ws('.', count(*), \
           count(*) * (select pg_catalog.age('3'::pg_catalog.xid)::bigint) - sum(age), \
           case when min(age) <= 0 then pg_catalog.clock_timestamp()::text end, {further}) \
         from ({}) versions)",
        rows.join(" union all ")
    )
}

/// The rare classes of which there are objects that no extension brought.
fn rare_classes_sql() -> String {
    let classes: Vec<&str> = RARELY.iter().map(|(class, _)| *class).collect();
    format!(
        "(select pg_catalog.string_agg(distinct classid::text, ',') from pg_catalog.pg_depend \
          where classid in ({}) and objid >= 16384 and (classid, objid) not in (\
            select classid, objid from pg_catalog.pg_depend where refclassid = 3079 and deptype = 'e'))",
        classes.join(", ")
    )
}

/// The two values of a query's only row.
async fn ask(client: &Client, text: &str) -> Result<(String, String), CatalogError> {
    let messages = client.simple_query(text).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.ok_or(CatalogError::Unexpected {
        what: "no catalog mark",
    })?;
    let value = |column| row.get(column).unwrap_or_default().to_owned();
    Ok((value(0), value(1)))
}
