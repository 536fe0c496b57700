//! The rules, one by one.

use super::{Rule, Severity, WORK_UNDER_LOCK};

pub(super) const REWRITE: &str = "every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done";
pub(super) const SCAN: &str = "every row is read under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done";
pub(super) const BUILD: &str = "the index is built under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done";
const BREAKS: &str =
    "the release that is running still uses the old name: its statements fail from the commit on";

/// Every rule, in the order of the index.
pub const RULES: &[Rule] = &[
    // Rewrites
    error(
        "rewrite-volatile-default",
        "a new column whose default is volatile",
        REWRITE,
    ),
    error(
        "rewrite-generated-stored",
        "a new stored generated column",
        REWRITE,
    ),
    error(
        "rewrite-serial-identity",
        "a new serial or identity column",
        REWRITE,
    ),
    error(
        "rewrite-domain",
        "a new column of a domain with a constraint",
        REWRITE,
    ),
    error(
        "rewrite-type",
        "a change of type that writes every row again",
        REWRITE,
    ),
    error(
        "rewrite-storage",
        "a change of storage: logged, access method, tablespace, generation expression",
        REWRITE,
    ),
    error("rewrite-maintenance", "VACUUM FULL or CLUSTER", REWRITE),
    warning(
        "type-recheck",
        "a free change of type that a check or computed index makes expensive",
        SCAN,
    ),
    error(
        "type-blocked",
        "a change of type of a column that something else uses",
        "PostgreSQL refuses it (0A000): the migration fails",
    ),
    // Scans under a lock
    error(
        "not-null-scan",
        "SET NOT NULL without a validated check that proves it",
        SCAN,
    ),
    error(
        "primary-key-nullable",
        "PRIMARY KEY USING INDEX on a column that may be NULL",
        SCAN,
    ),
    error(
        "not-null-proof-dropped",
        "SET NOT NULL and the drop of its proof in one ALTER TABLE",
        SCAN,
    ),
    error(
        "check-validates",
        "a CHECK that is validated as it is added",
        SCAN,
    ),
    error(
        "fk-validates",
        "a foreign key that is validated as it is added",
        "every row of the table is read and looked up under SHARE ROW EXCLUSIVE on both tables: writers of both wait until it is done",
    ),
    error(
        "validate-same-tx",
        "VALIDATE in a transaction that holds a lock",
        "VALIDATE alone disturbs nobody, but the lock taken before it is held until the commit: those it keeps out wait while every row is read",
    ),
    warning(
        "domain-validates",
        "a constraint of a domain that is validated as it is added",
        "every table with a column of the domain is read under SHARE: its writers wait until it is done",
    ),
    error(
        "not-valid-live-rows",
        "NOT NULL or CHECK, NOT VALID, while rows violate it",
        "any UPDATE of a row that violates it fails, whichever column it changes: NOT VALID spares old rows only until they are written",
    ),
    notice(
        "fk-no-index",
        "a foreign key without an index on its columns",
        "each DELETE or change of key in the referenced table reads the whole referring table to look for rows",
    ),
    warning(
        "fk-type-mismatch",
        "a foreign key whose type differs from what it refers to",
        "the narrower of the two ends first: one side holds values that the other cannot",
    ),
    // Indexes
    error(
        "index-not-concurrent",
        "CREATE INDEX without CONCURRENTLY",
        "the index is built under SHARE: writers of the table wait until it is done",
    ),
    error("unique-builds-index", "UNIQUE that builds its index", BUILD),
    error(
        "primary-key-builds-index",
        "PRIMARY KEY that builds its index",
        BUILD,
    ),
    error(
        "exclude-builds-index",
        "EXCLUDE on an existing table",
        BUILD,
    ),
    warning(
        "drop-index-not-concurrent",
        "DROP INDEX without CONCURRENTLY",
        "the table is locked ACCESS EXCLUSIVE: behind the wait for that lock readers and writers queue",
    ),
    error(
        "reindex-not-concurrent",
        "REINDEX without CONCURRENTLY",
        "writers of the table wait until it is done, and so does every newly planned SELECT, since planning touches the locked index",
    ),
    warning(
        "concurrently-if-not-exists",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS",
        "a build that failed leaves an INVALID index of that name: the next try finds it, does nothing and succeeds",
    ),
    error(
        "concurrently-partitioned",
        "CREATE INDEX CONCURRENTLY on a partitioned table",
        "PostgreSQL refuses it: the migration fails",
    ),
    warning(
        "refresh-not-concurrent",
        "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
        "the view is locked ACCESS EXCLUSIVE while its query runs: its readers wait until it is done",
    ),
    // Partitions
    warning(
        "partition-detach",
        "DETACH PARTITION without CONCURRENTLY",
        "the partitioned table is locked ACCESS EXCLUSIVE: behind the wait for that lock all its readers and writers queue",
    ),
    warning(
        "partition-attach",
        "ATTACH PARTITION of a table without a proof of its bound",
        "every row of the new partition is read under ACCESS EXCLUSIVE on it: who uses it already waits until it is done",
    ),
    warning(
        "partition-create",
        "CREATE TABLE … PARTITION OF an existing table",
        "the partitioned table is locked ACCESS EXCLUSIVE: behind the wait for that lock all its readers and writers queue",
    ),
    // The running release
    error(
        "required-column",
        "a new column that is NOT NULL and has no default",
        "it fails on a table with rows; on an empty one the INSERTs of the release that is running fail from the commit on",
    ),
    error(
        "alter-order",
        "DROP DEFAULT of a column that the same ALTER TABLE adds",
        "PostgreSQL does the actions in an order of its own and finds no such column (42703): the migration fails",
    ),
    error("rename-column", "a column gets another name", BREAKS),
    error(
        "rename-table",
        "a table, view or schema gets another name",
        BREAKS,
    ),
    error(
        "rename-enum-value",
        "a value of an enumerated type gets another name",
        BREAKS,
    ),
    error(
        "drop-column",
        "a column is removed",
        "its data is gone, and the release that is running fails wherever it still names the column",
    ),
    error(
        "drop-table",
        "a table, schema or database is removed",
        "its data is gone, and the release that is running fails wherever it still uses it",
    ),
    error(
        "drop-cascade",
        "CASCADE",
        "whatever depends on it goes too, unnamed: views, policies, triggers, foreign keys of other tables",
    ),
    warning(
        "drop-not-null",
        "NOT NULL is removed",
        "the release that is running meets NULL where it never had to expect it",
    ),
    warning(
        "view-options-lost",
        "CREATE OR REPLACE VIEW that resets the view's options",
        "options that are not repeated are reset: without security_invoker the view reads past row-level security",
    ),
    // Data
    error(
        "truncate",
        "TRUNCATE",
        "all rows are gone at once, under ACCESS EXCLUSIVE, and DELETE triggers do not see them go",
    ),
    error(
        "backfill-under-lock",
        "rows are changed in a transaction that holds a strong lock",
        "the lock is held until the commit: those it keeps out wait while the rows are written",
    ),
    warning(
        "unbatched-dml",
        "UPDATE or DELETE of a table's rows in one statement",
        "every row stays locked until the commit, the old versions cannot be vacuumed, and replicas fall behind",
    ),
    error(
        "rule-swallows-dml",
        "a statement that a DO INSTEAD rule replaces",
        "it reports 0 rows and no error, the migration succeeds, and nothing was changed",
    ),
    error(
        "contract-before-backfill",
        "a column is required, or its source removed, before its rows are filled",
        "rows without a value make the step fail, or what the release that is running still writes there is lost",
    ),
    warning(
        "sequence-int-overflow",
        "a serial column becomes bigint and its sequence does not",
        "the sequence ends at 2147483647: INSERT fails there, although the column has room",
    ),
    // Transactions
    warning(
        "several-strong-locks",
        "one transaction locks several tables against writers",
        "while it waits for the second lock it holds the first; an application that takes them in another order deadlocks with it",
    ),
    warning(
        WORK_UNDER_LOCK,
        "a table is written, read or indexed as a whole under a lock that stops others; seen in a sandbox",
        "who is stopped by the lock waits as long as the work takes, and that grows with the table",
    ),
    error(
        "enum-value-in-tx",
        "a new enumerated value is used in the transaction that adds it",
        "PostgreSQL refuses it (55P04): the migration fails",
    ),
    warning(
        "session-set",
        "SET that outlasts the transaction",
        "the setting stays for the statements of the segments after it; SET LOCAL ends with its transaction",
    ),
    warning(
        "set-local-alone",
        "SET LOCAL outside a transaction",
        "PostgreSQL warns and sets nothing",
    ),
    error(
        "needs-newer-server",
        "syntax that the configured server does not know",
        "the server refuses it: the migration fails",
    ),
    // Security
    error(
        "disable-trigger",
        "triggers or rules are switched off",
        "audit and integrity triggers do not fire for anybody until they are switched on again",
    ),
    error(
        "disable-rls",
        "row-level security is switched off",
        "every role with a grant on the table sees and changes all its rows",
    ),
    warning(
        "rls-without-policy",
        "row-level security without a policy",
        "without a policy nobody but the owner sees a row: the application finds the table empty from the commit on",
    ),
    warning(
        "grant-to-public",
        "a grant to PUBLIC",
        "every role of the cluster has it, also those made later",
    ),
    error(
        "definer-search-path",
        "SECURITY DEFINER without a search_path of its own",
        "who calls it chooses the search_path: an object of the same name in another schema runs with the owner's rights",
    ),
    // Regulated
    error(
        "audit-immutable",
        "records of an append-only table, or what guards them, are changed",
        "the trail no longer shows what was recorded, and every hash over the old rows fails",
    ),
    warning(
        "regulated-access",
        "row-level security, policies, grants or owner of a regulated table",
        "from the commit on other people see or change what is in it",
    ),
    error(
        "regulated-signature",
        "a column that holds signatures is changed",
        "what was signed no longer verifies",
    ),
    // The core
    error(
        "core-object-changed",
        "an extension changes an object of the core, or its rows",
        "the core of this database is no longer the one that was released: no leave permits that, and the next release may fail on it",
    ),
    error(
        "core-object-attached",
        "an extension hangs something on the core without leave",
        "what hangs on a core object is in the way when a release changes or drops that object, and the core team does not know of it",
    ),
    error(
        "core-object-shadowed",
        "an extension makes an object with the name of one of the core's",
        "who names the object without a schema gets whichever search_path finds first; in the core's own schema PostgreSQL refuses it or runs the other one",
    ),
    // Practice
    notice(
        "int-primary-key",
        "a primary key of 32 bits or fewer",
        "INSERT fails when the numbers are used up; to widen it then writes the table again",
    ),
    notice(
        "timestamp-without-zone",
        "timestamp without time zone",
        "what instant it means depends on the session's TimeZone when it was written",
    ),
    notice(
        "json-column",
        "json rather than jsonb",
        "json has no equality: DISTINCT, GROUP BY and UNION on the column fail",
    ),
    notice(
        "char-column",
        "char(n)",
        "values are padded with blanks, and any later change of the length writes the table again",
    ),
    warning(
        "long-name",
        "a name longer than 63 bytes",
        "PostgreSQL cuts it with a mere notice: two long names can become one",
    ),
    notice(
        "no-primary-key",
        "a table without a primary key",
        "its rows cannot be named one by one: neither batches by key nor logical replication of updates work",
    ),
    notice(
        "if-not-exists",
        "IF NOT EXISTS or IF EXISTS",
        "where it has no effect it succeeds all the same, and a schema that differs goes unnoticed",
    ),
    notice(
        "dynamic-sql",
        "EXECUTE in a DO block",
        "what it runs is put together on the server: neither lint nor a reviewer sees its locks",
    ),
    // Pairs
    error(
        "rollback-loses-data",
        "a rollback that drops what its migration did not create, or what it filled",
        "data that was there before the migration, or was moved by it, is gone after the rollback",
    ),
    warning(
        "rollback-locks-harder",
        "a rollback that stops writers where its migration did not",
        "the rollback runs when things are bad already, and stops whom the migration left alone",
    ),
    // Directives
    warning(
        "unused-allow",
        "an allow that silences nothing",
        "the next finding of that rule at this place would be silenced unseen",
    ),
    error(
        "unknown-rule",
        "an allow of a rule that does not exist",
        "it silences nothing: what it was meant to allow is still found",
    ),
];

const fn error(id: &'static str, title: &'static str, effect: &'static str) -> Rule {
    let severity = Severity::Error;
    Rule {
        id,
        severity,
        title,
        effect,
    }
}

const fn warning(id: &'static str, title: &'static str, effect: &'static str) -> Rule {
    let severity = Severity::Warning;
    Rule {
        id,
        severity,
        title,
        effect,
    }
}

const fn notice(id: &'static str, title: &'static str, effect: &'static str) -> Rule {
    let severity = Severity::Notice;
    Rule {
        id,
        severity,
        title,
        effect,
    }
}
