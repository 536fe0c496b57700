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
//!
//! Where the whole server is quiet, even that is saved: a change of the catalog needs a transaction with a number of its
//! own, so as long as no number has been given out, nothing has changed. See [`Horizon`].

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

/// Which transactions a moment can see: all below `oldest`, none from `next` on (`xmin` and `xmax` of a snapshot; in
/// all databases of the server, and never used twice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    oldest: u64,
    next: u64,
}

impl Horizon {
    /// Whether since the moment of `stamp` no transaction has had a number but one: the one that recorded `stamp`, which
    /// must be known to have been committed. If so, nothing in the catalog has changed.
    #[must_use]
    pub fn is_quiet_since(self, stamp: &str) -> bool {
        let quiet = stamp
            .rsplit_once('@')
            .and_then(|(_, next)| next.parse().ok());
        quiet.is_some_and(|next: u64| next.checked_add(1) == Some(self.next))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(':');
        let mut number = || numbers.next()?.parse().ok();
        Some(Self {
            oldest: number()?,
            next: number()?,
        })
    }
}

/// Asks for the moment's [`Horizon`].
///
/// # Errors
/// What the server reports.
pub async fn horizon(client: &Client) -> Result<Horizon, CatalogError> {
    let [text] = ask(client, &format!("select {HORIZON}")).await?;
    Horizon::parse(&text).ok_or(NO_HORIZON)
}

/// Of the query's own snapshot.
const HORIZON: &str = "pg_catalog.txid_current_snapshot()";

const NO_HORIZON: CatalogError = CatalogError::Unexpected {
    what: "no horizon of transactions",
};

/// Whether `mark` says the same as `stamp`: neither counts where the horizon was.
#[must_use]
pub fn same(stamp: &str, mark: &str) -> bool {
    let catalog = |text: &str| text.split('@').next().map(str::to_owned);
    catalog(stamp) == catalog(mark)
}

/// Takes the mark, in one round trip where there are no rare kinds of objects, else in two.
///
/// Everything is named with its schema, so it needs no settings and may be taken anywhere.
///
/// # Errors
/// What the server reports.
pub async fn stamp(client: &Client) -> Result<String, CatalogError> {
    stamp_by(client, &stamp_sql()).await
}

/// The query that [`stamp_by`] wants the answer of.
pub(super) fn stamp_sql() -> String {
    let mark = mark_sql(ALWAYS, ROLES);
    format!("select {mark}, {}, {HORIZON}", rare_classes_sql())
}

/// Takes the mark by `query`, which is [`stamp_sql`] or executes it.
pub(super) async fn stamp_by(client: &Client, query: &str) -> Result<String, CatalogError> {
    let [mark, classes, horizon] = ask(client, query).await?;
    let horizon = Horizon::parse(&horizon).ok_or(NO_HORIZON)?;
    let mark = with_rare(client, mark, &classes).await?;
    // With a transaction under way, what it does may be seen later under a number from before.
    Ok(match horizon.oldest == horizon.next {
        true => format!("{mark}@{}", horizon.next),
        false => mark,
    })
}

/// Adds the mark of rare kinds of objects.
async fn with_rare(client: &Client, mark: String, classes: &str) -> Result<String, CatalogError> {
    if classes.is_empty() {
        return Ok(mark);
    }
    let listed = |class: &&str| classes.split(',').any(|one| one == *class);
    let catalogs: Vec<&str> = RARELY
        .iter()
        .filter(|(class, _)| listed(class))
        .flat_map(|(_, catalogs)| catalogs.iter().copied())
        .collect();
    let text = format!("select {}", mark_sql(&catalogs, USER_MAPPINGS));
    let [rare] = ask(client, &text).await?;
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

/// The values of a query's only row.
async fn ask<const N: usize>(client: &Client, text: &str) -> Result<[String; N], CatalogError> {
    let messages = client.simple_query(text).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.ok_or(CatalogError::Unexpected {
        what: "no catalog mark",
    })?;
    Ok(std::array::from_fn(|column| {
        row.get(column).unwrap_or_default().to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_when_no_number_but_the_records_own_was_given_out() {
        let now = |next| Horizon { oldest: next, next };
        assert!(now(11).is_quiet_since("31.7@10"));
        assert!(!now(12).is_quiet_since("31.7@10"), "somebody else's");
        assert!(!now(10).is_quiet_since("31.7@10"), "never recorded");
        assert!(!now(11).is_quiet_since("31.7"), "taken beside others");
        assert!(!now(11).is_quiet_since("31.7@x"));
    }

    #[test]
    fn horizon_does_not_make_marks_differ() {
        assert!(same("31.7@10", "31.7@12") && same("31.7@10", "31.7"));
        assert!(!same("31.7@10", "31.8@10"));
    }

    #[test]
    fn horizon_is_read_with_and_without_transactions_under_way() {
        let read = |text| Horizon::parse(text).map(|at| (at.oldest, at.next));
        assert_eq!(read("744:744:"), Some((744, 744)));
        assert_eq!(read("744:750:744,747"), Some((744, 750)));
        assert_eq!(read(""), None);
    }
}
