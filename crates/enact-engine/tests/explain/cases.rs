//! Statements and what each does: `visit:AX ref:SRX` for the strongest lock on each relation, then the tables it
//! rewrites and those of which it reads every row.

#![expect(clippy::too_many_lines, reason = "tables")]

use std::ops::RangeInclusive;

const ALL: RangeInclusive<u32> = 13..=99;

pub struct Case {
    pub setup: &'static str,
    pub sql: &'static str,
    pub locks: &'static str,
    /// Whether locks on indexes are listed.
    pub indexes: bool,
    pub rewrites: &'static str,
    pub scans: &'static str,
    pub majors: RangeInclusive<u32>,
}

impl Case {
    fn after(self, setup: &'static str) -> Self {
        Self { setup, ..self }
    }

    fn on(self, majors: RangeInclusive<u32>) -> Self {
        Self { majors, ..self }
    }

    fn scanning(self, scans: &'static str) -> Self {
        Self { scans, ..self }
    }

    fn with_indexes(self) -> Self {
        Self {
            indexes: true,
            ..self
        }
    }
}

/// Takes locks and does nothing that takes time.
fn quick(sql: &'static str, locks: &'static str) -> Case {
    Case {
        setup: "",
        sql,
        locks,
        indexes: false,
        rewrites: "",
        scans: "",
        majors: ALL,
    }
}

/// Reads every row of `visit`.
fn scan(sql: &'static str, locks: &'static str) -> Case {
    quick(sql, locks).scanning("visit")
}

/// Writes `visit` anew.
fn rewrite(sql: &'static str) -> Case {
    Case {
        rewrites: "visit",
        ..scan(sql, "visit:AX")
    }
}

fn alter(sql: &'static str) -> Case {
    quick(sql, "visit:AX")
}

/// Section 1.1.
pub fn add_column() -> Vec<Case> {
    let function = "CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';";
    let inlined = "CREATE FUNCTION q() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';";
    let random = "CREATE FUNCTION q() RETURNS float8 LANGUAGE sql VOLATILE AS 'SELECT random()';";
    vec![
        alter("ALTER TABLE visit ADD COLUMN x int"),
        alter("ALTER TABLE visit ADD COLUMN x int DEFAULT 1"),
        alter("ALTER TABLE visit ADD COLUMN x int NOT NULL DEFAULT 1"),
        alter("ALTER TABLE visit ADD COLUMN x timestamptz DEFAULT now()"),
        alter("ALTER TABLE visit ADD COLUMN x date DEFAULT current_date"),
        alter("ALTER TABLE visit ADD COLUMN x timestamptz DEFAULT now() + interval '1 day'"),
        alter("ALTER TABLE visit ADD COLUMN x timestamp DEFAULT timezone('utc', now())"),
        alter("ALTER TABLE visit ADD COLUMN x timestamptz DEFAULT statement_timestamp()"),
        alter("ALTER TABLE visit ADD COLUMN x bigint DEFAULT txid_current()"),
        alter("ALTER TABLE visit ADD COLUMN x text DEFAULT lower('X')"),
        alter("ALTER TABLE visit ADD COLUMN x text[] DEFAULT array[]::text[]"),
        rewrite("ALTER TABLE visit ADD COLUMN x timestamptz DEFAULT clock_timestamp()"),
        rewrite("ALTER TABLE visit ADD COLUMN x float8 DEFAULT random()"),
        rewrite("ALTER TABLE visit ADD COLUMN x uuid DEFAULT gen_random_uuid()"),
        rewrite("ALTER TABLE visit ADD COLUMN x uuid DEFAULT uuidv7()").on(18..=99),
        rewrite("ALTER TABLE visit ADD COLUMN x text DEFAULT md5(random()::text)"),
        rewrite("ALTER TABLE visit ADD COLUMN x int DEFAULT p()").after(function),
        alter("ALTER TABLE visit ADD COLUMN x int DEFAULT q()").after(inlined),
        rewrite("ALTER TABLE visit ADD COLUMN x float8 DEFAULT q()").after(random),
        rewrite("ALTER TABLE visit ADD COLUMN x serial"),
        rewrite("ALTER TABLE visit ADD COLUMN x bigserial"),
        rewrite("ALTER TABLE visit ADD COLUMN x int GENERATED ALWAYS AS IDENTITY"),
        rewrite("ALTER TABLE visit ADD COLUMN x int GENERATED ALWAYS AS (n * 2) STORED"),
        alter("ALTER TABLE visit ADD COLUMN x int GENERATED ALWAYS AS (n * 2) VIRTUAL").on(18..=99),
        scan(
            "ALTER TABLE visit ADD COLUMN x int GENERATED ALWAYS AS (n * 2) VIRTUAL NOT NULL",
            "visit:AX",
        )
        .on(18..=99),
        scan(
            "ALTER TABLE visit ADD COLUMN x int CHECK (x > 0)",
            "visit:AX",
        ),
        scan(
            "ALTER TABLE visit ADD COLUMN x int DEFAULT 1 CHECK (x > 0)",
            "visit:AX",
        ),
        alter("ALTER TABLE visit ADD COLUMN x int, ADD CONSTRAINT k CHECK (x > 0) NOT VALID"),
        quick(
            "ALTER TABLE visit ADD COLUMN x int REFERENCES ref (id)",
            "visit:AX ref:SRX",
        ),
        scan(
            "ALTER TABLE visit ADD COLUMN x int DEFAULT 1 REFERENCES ref (id)",
            "visit:AX ref:SRX",
        )
        .scanning("visit ref"),
        scan("ALTER TABLE visit ADD COLUMN x int UNIQUE", "visit:AX"),
        rewrite("ALTER TABLE visit DROP COLUMN id, ADD COLUMN x serial PRIMARY KEY"),
        alter("ALTER TABLE visit ADD COLUMN x dom").after("CREATE DOMAIN dom AS int;"),
        rewrite("ALTER TABLE visit ADD COLUMN x dom")
            .after("CREATE DOMAIN dom AS int CHECK (value > 0);")
            .on(13..=18),
        rewrite("ALTER TABLE visit ADD COLUMN x dom DEFAULT 1")
            .after("CREATE DOMAIN dom AS int NOT NULL;")
            .on(13..=18),
        rewrite("ALTER TABLE visit ADD COLUMN x dom")
            .after("CREATE DOMAIN dom AS float8 DEFAULT random();"),
        scan(
            "ALTER TABLE visit ADD COLUMN x int DEFAULT 1, ALTER COLUMN x SET NOT NULL",
            "visit:AX",
        ),
        alter("ALTER TABLE visit ADD COLUMN IF NOT EXISTS n int"),
    ]
}

/// Section 1.2.
pub fn alter_type() -> Vec<Case> {
    let domain = "CREATE DOMAIN dom AS int; ALTER TABLE visit ADD COLUMN x dom;";
    let enumeration =
        "CREATE TYPE mood AS ENUM ('a', 'b'); ALTER TABLE visit ADD COLUMN x mood DEFAULT 'a';";
    let two = "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE mood2 AS ENUM ('a', 'b');
               ALTER TABLE visit ADD COLUMN x mood DEFAULT 'a';";
    let chars = "ALTER TABLE visit ADD COLUMN x char(3) DEFAULT 'a';";
    let key = "ALTER TABLE visit ADD CONSTRAINT fk FOREIGN KEY (ref_id) REFERENCES ref (id);";
    vec![
        alter("ALTER TABLE visit ALTER v TYPE varchar(40)"),
        alter("ALTER TABLE visit ALTER v TYPE varchar"),
        alter("ALTER TABLE visit ALTER v TYPE text"),
        alter("ALTER TABLE visit ALTER t TYPE varchar"),
        alter("ALTER TABLE visit ALTER amount TYPE numeric(12, 2)"),
        alter("ALTER TABLE visit ALTER amount TYPE numeric"),
        alter("ALTER TABLE visit ALTER ts TYPE timestamp(6)"),
        alter("ALTER TABLE visit ALTER ip TYPE inet"),
        alter("ALTER TABLE visit ALTER t TYPE text USING t::text"),
        alter("ALTER TABLE visit ALTER x TYPE int").after(domain),
        alter("ALTER TABLE visit ALTER n TYPE dom").after("CREATE DOMAIN dom AS int;"),
        alter("ALTER TABLE visit ALTER t TYPE text COLLATE \"C\""),
        alter("ALTER TABLE visit ALTER x TYPE bit varying(9)")
            .after("ALTER TABLE visit ADD x bit varying(5);"),
        alter("ALTER TABLE visit ALTER x TYPE text").after("ALTER TABLE visit ADD x xml;"),
        alter("ALTER TABLE visit ALTER x TYPE oid").after("ALTER TABLE visit ADD x regclass;"),
        rewrite("ALTER TABLE visit ALTER v TYPE varchar(10)"),
        rewrite("ALTER TABLE visit ALTER t TYPE varchar(50)"),
        rewrite("ALTER TABLE visit ALTER n TYPE bigint"),
        rewrite("ALTER TABLE visit ALTER n TYPE smallint"),
        rewrite("ALTER TABLE visit ALTER n TYPE numeric"),
        rewrite("ALTER TABLE visit ALTER n TYPE text"),
        rewrite("ALTER TABLE visit ALTER amount TYPE numeric(12, 4)"),
        rewrite("ALTER TABLE visit ALTER amount TYPE numeric(8, 2)"),
        rewrite("ALTER TABLE visit ALTER ts TYPE timestamp(3)"),
        rewrite("ALTER TABLE visit ALTER x TYPE char(5)").after(chars),
        rewrite("ALTER TABLE visit ALTER x TYPE text").after(chars),
        rewrite("ALTER TABLE visit ALTER v TYPE char(20)"),
        rewrite("ALTER TABLE visit ALTER j TYPE jsonb"),
        rewrite("ALTER TABLE visit ALTER d TYPE timestamptz"),
        rewrite("ALTER TABLE visit ALTER x DROP DEFAULT, ALTER x TYPE text").after(enumeration),
        rewrite("ALTER TABLE visit ALTER x DROP DEFAULT, ALTER x TYPE mood2 USING x::text::mood2")
            .after(two),
        rewrite("ALTER TABLE visit ALTER e TYPE cidr"),
        rewrite("ALTER TABLE visit ALTER arr TYPE bigint[]"),
        rewrite("ALTER TABLE visit ALTER n TYPE dom")
            .after("CREATE DOMAIN dom AS int CHECK (value > 0);"),
        rewrite("ALTER TABLE visit ALTER f TYPE numeric"),
        rewrite("ALTER TABLE visit ALTER ts TYPE timestamptz USING ts AT TIME ZONE 'UTC'"),
        rewrite("ALTER TABLE visit ALTER t TYPE text USING upper(t)"),
        alter("SET timezone = 'UTC'; ALTER TABLE visit ALTER ts TYPE timestamptz"),
        rewrite("SET timezone = 'Europe/Berlin'; ALTER TABLE visit ALTER ts TYPE timestamptz"),
        scan("ALTER TABLE visit ALTER v TYPE text", "visit:AX")
            .after("CREATE INDEX part ON visit (v) WHERE v <> '';"),
        scan("ALTER TABLE visit ALTER v TYPE text", "visit:AX")
            .after("CREATE INDEX expr ON visit (lower(v));"),
        alter("ALTER TABLE visit ALTER v TYPE text").after("CREATE INDEX plain ON visit (v);"),
        scan("ALTER TABLE visit ALTER v TYPE text", "visit:AX")
            .after("ALTER TABLE visit ADD CHECK (v <> '');"),
        scan(
            "ALTER TABLE visit ALTER v TYPE text COLLATE \"C\"",
            "visit:AX",
        )
        .after("CREATE INDEX plain ON visit (v);"),
        Case {
            scans: "visit ref",
            ..rewrite("ALTER TABLE visit ALTER ref_id TYPE bigint")
        }
        .locking("visit:AX ref:AX")
        .after(key),
    ]
}

impl Case {
    fn locking(self, locks: &'static str) -> Self {
        Self { locks, ..self }
    }
}

/// Section 1.3.
pub fn constraints() -> Vec<Case> {
    let proof = "ALTER TABLE visit ADD CONSTRAINT p CHECK (t IS NOT NULL);";
    let also = "ALTER TABLE visit ADD CONSTRAINT p CHECK (t IS NOT NULL AND n > 0);";
    let weak = "ALTER TABLE visit ADD CONSTRAINT p CHECK (t <> '');";
    let either = "ALTER TABLE visit ADD CONSTRAINT p CHECK (t IS NOT NULL OR n > 0);";
    let open = "ALTER TABLE visit ADD CONSTRAINT p CHECK (t IS NOT NULL) NOT VALID;";
    let key = "ALTER TABLE visit ADD CONSTRAINT fk FOREIGN KEY (ref_id) REFERENCES ref (id);";
    let unchecked =
        "ALTER TABLE visit ADD CONSTRAINT fk FOREIGN KEY (ref_id) REFERENCES ref (id) NOT VALID;";
    let unique = "CREATE UNIQUE INDEX u ON visit (n);";
    let nullable =
        "ALTER TABLE visit DROP CONSTRAINT visit_pkey; CREATE UNIQUE INDEX u ON visit (t);";
    let not_null =
        "ALTER TABLE visit DROP CONSTRAINT visit_pkey; CREATE UNIQUE INDEX u ON visit (n);";
    let domain = "CREATE DOMAIN dom AS int; ALTER TABLE visit ADD COLUMN x dom DEFAULT 1;";
    let domain_open = "CREATE DOMAIN dom AS int; ALTER TABLE visit ADD COLUMN x dom DEFAULT 1;
                       ALTER DOMAIN dom ADD CONSTRAINT k CHECK (value > 0) NOT VALID;";
    vec![
        scan("ALTER TABLE visit ALTER t SET NOT NULL", "visit:AX"),
        alter("ALTER TABLE visit ALTER t SET NOT NULL").after(proof),
        alter("ALTER TABLE visit ALTER t SET NOT NULL").after(also),
        scan("ALTER TABLE visit ALTER t SET NOT NULL", "visit:AX").after(weak),
        scan("ALTER TABLE visit ALTER t SET NOT NULL", "visit:AX").after(either),
        scan("ALTER TABLE visit ALTER t SET NOT NULL", "visit:AX").after(open),
        scan(
            "ALTER TABLE visit ALTER t SET NOT NULL, DROP CONSTRAINT p",
            "visit:AX",
        )
        .after(proof),
        alter("ALTER TABLE visit ALTER n DROP NOT NULL"),
        alter("ALTER TABLE visit ALTER n SET DEFAULT 1"),
        alter("ALTER TABLE visit ALTER n DROP DEFAULT"),
        alter("ALTER TABLE visit ADD CONSTRAINT nn NOT NULL t NOT VALID").on(18..=99),
        scan("ALTER TABLE visit VALIDATE CONSTRAINT nn", "visit:SUX")
            .after("ALTER TABLE visit ADD CONSTRAINT nn NOT NULL t NOT VALID;")
            .on(18..=99),
        scan(
            "ALTER TABLE visit ADD CONSTRAINT k CHECK (n > 0)",
            "visit:AX",
        ),
        alter("ALTER TABLE visit ADD CONSTRAINT k CHECK (n > 0) NOT VALID"),
        scan("ALTER TABLE visit VALIDATE CONSTRAINT p", "visit:SUX").after(open),
        scan(
            "ALTER TABLE visit ADD FOREIGN KEY (ref_id) REFERENCES ref (id)",
            "visit:SRX ref:SRX",
        )
        .scanning("visit ref"),
        quick(
            "ALTER TABLE visit ADD FOREIGN KEY (ref_id) REFERENCES ref (id) NOT VALID",
            "visit:SRX ref:SRX",
        ),
        scan(
            "ALTER TABLE visit VALIDATE CONSTRAINT fk",
            "visit:SUX ref:RS",
        )
        .scanning("visit ref")
        .after(unchecked),
        quick("ALTER TABLE visit DROP CONSTRAINT fk", "visit:AX ref:AX").after(key),
        quick("ALTER TABLE visit DROP CONSTRAINT fk", "visit:AX ref:AX").after(unchecked),
        quick("ALTER TABLE visit DROP COLUMN ref_id", "visit:AX ref:AX").after(key),
        quick("DROP TABLE visit", "visit:AX ref:AX").after(key),
        quick(
            "ALTER TABLE ref DROP CONSTRAINT ref_pkey CASCADE",
            "visit:AX ref:AX",
        )
        .after(key),
        scan("ALTER TABLE visit ADD UNIQUE (n)", "visit:AX"),
        scan(
            "ALTER TABLE visit DROP CONSTRAINT visit_pkey, ADD PRIMARY KEY (n)",
            "visit:AX",
        ),
        scan("ALTER TABLE visit ADD EXCLUDE (n WITH =)", "visit:AX"),
        quick(
            "ALTER TABLE visit ADD CONSTRAINT uq UNIQUE USING INDEX u",
            "visit:AX u:SUX",
        )
        .with_indexes()
        .after(unique),
        alter("ALTER TABLE visit ADD UNIQUE USING INDEX u").after(unique),
        alter("ALTER TABLE visit ADD PRIMARY KEY USING INDEX u").after(not_null),
        scan(
            "ALTER TABLE visit ADD PRIMARY KEY USING INDEX u",
            "visit:AX",
        )
        .after(nullable),
        quick(
            "ALTER TABLE visit ALTER CONSTRAINT fk DEFERRABLE",
            "visit:AX",
        )
        .after(key),
        alter("ALTER TABLE visit RENAME CONSTRAINT visit_pkey TO pk"),
        scan("ALTER DOMAIN dom ADD CHECK (value > 0)", "visit:S").after(domain),
        scan("ALTER DOMAIN dom VALIDATE CONSTRAINT k", "visit:S").after(domain_open),
        scan("ALTER DOMAIN dom SET NOT NULL", "visit:S").after(domain),
        quick(
            "ALTER DOMAIN dom ADD CONSTRAINT k CHECK (value > 0) NOT VALID",
            "",
        )
        .after(domain),
        quick("ALTER DOMAIN dom DROP CONSTRAINT k", "").after(domain_open),
    ]
}

/// Section 1.4.
pub fn others() -> Vec<Case> {
    let mut cases = indexes();
    cases.extend(partitions());
    cases.extend(rest());
    cases
}

fn indexes() -> Vec<Case> {
    let index = "CREATE INDEX i ON visit (n);";
    vec![
        scan("CREATE INDEX i ON visit (n)", "visit:S"),
        scan("CREATE UNIQUE INDEX i ON visit (n)", "visit:S"),
        scan("CREATE INDEX CONCURRENTLY i ON @visit (n)", "visit:SUX"),
        quick("DROP INDEX i", "visit:AX i:AX")
            .with_indexes()
            .after(index),
        quick("DROP INDEX CONCURRENTLY @i", "visit:SUX i:SUX")
            .with_indexes()
            .after(index),
        scan("REINDEX INDEX i", "visit:S i:AX")
            .with_indexes()
            .after(index),
        scan("REINDEX TABLE visit", "visit:S visit_pkey:AX i:AX")
            .with_indexes()
            .after(index),
        scan("REINDEX INDEX CONCURRENTLY @i", "visit:SUX i:SUX")
            .with_indexes()
            .after(index),
        scan(
            "REINDEX TABLE CONCURRENTLY @visit",
            "visit:SUX visit_pkey:SUX i:SUX",
        )
        .with_indexes()
        .after(index),
        quick("ALTER INDEX i RENAME TO k", "i:SUX")
            .with_indexes()
            .after(index),
        quick("ALTER INDEX i SET (fillfactor = 70)", "i:SUX")
            .with_indexes()
            .after(index),
        quick("ALTER TABLE i RENAME TO k", "i:AX")
            .with_indexes()
            .after(index),
    ]
}

fn partitions() -> Vec<Case> {
    let parent = "CREATE TABLE p (id int NOT NULL, d date) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100); INSERT INTO p SELECT g FROM generate_series(1, 5) g;";
    let child = "CREATE TABLE p (id int NOT NULL, d date) PARTITION BY RANGE (id);
        CREATE TABLE p1 (id int NOT NULL, d date); INSERT INTO p1 SELECT g FROM generate_series(1, 5) g;";
    let proven = "CREATE TABLE p (id int NOT NULL, d date) PARTITION BY RANGE (id);
        CREATE TABLE p1 (id int NOT NULL, d date, CHECK (id IS NOT NULL AND id >= 0 AND id < 100));
        INSERT INTO p1 SELECT g FROM generate_series(1, 5) g;";
    let other = "CREATE TABLE p (id int NOT NULL, d date) PARTITION BY RANGE (id);
        CREATE TABLE pd PARTITION OF p DEFAULT; INSERT INTO p SELECT g FROM generate_series(1, 5) g;";
    let attach = "CREATE TABLE p (id int NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
        CREATE INDEX pi ON ONLY p (id); CREATE INDEX ci ON p1 (id);";
    vec![
        quick("CREATE INDEX i ON p (id)", "p:S p1:S")
            .scanning("p1")
            .after(parent),
        quick("CREATE INDEX i ON ONLY p (id)", "p:S").after(parent),
        quick(
            "ALTER INDEX pi ATTACH PARTITION ci",
            "p:AS p1:AS pi:SUX ci:AX",
        )
        .with_indexes()
        .after(attach),
        quick(
            "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200)",
            "p:AX",
        )
        .after(parent),
        quick(
            "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200)",
            "p:AX pd:AX",
        )
        .scanning("pd")
        .after(other),
        quick(
            "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (100)",
            "p:SUX p1:AX",
        )
        .scanning("p1")
        .after(child),
        quick(
            "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (100)",
            "p:SUX p1:AX",
        )
        .after(proven),
        quick("ALTER TABLE p DETACH PARTITION p1", "p:AX p1:AX")
            .after(parent)
            .on(14..=99),
        quick("ALTER TABLE p DETACH PARTITION p1", "p:AX p1:SUX")
            .after(parent)
            .on(13..=13),
        quick(
            "ALTER TABLE @p DETACH PARTITION @p1 CONCURRENTLY",
            "p:SUX p1:AX",
        )
        .after(parent)
        .on(14..=99),
        quick("DROP TABLE p1", "p:AX p1:AX").after(parent),
        quick("CREATE TABLE child () INHERITS (visit)", "visit:SUX"),
    ]
}

fn rest() -> Vec<Case> {
    let view = "CREATE VIEW w AS SELECT id FROM visit;";
    let matview =
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM visit; CREATE UNIQUE INDEX mi ON m (id);";
    let function =
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';";
    let trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION f();";
    let policy = "CREATE POLICY y ON visit USING (true);";
    let key = "ALTER TABLE visit ADD CONSTRAINT fk FOREIGN KEY (ref_id) REFERENCES ref (id);";
    let stored = "ALTER TABLE visit ADD COLUMN x int GENERATED ALWAYS AS (n) STORED;";
    let identity = "ALTER TABLE visit ALTER n ADD GENERATED ALWAYS AS IDENTITY;";
    let rule = "CREATE RULE r AS ON DELETE TO visit DO INSTEAD NOTHING;";
    let sequence = "CREATE SEQUENCE s;";
    let enumeration = "CREATE TYPE mood AS ENUM ('a');";
    let unlogged = "CREATE UNLOGGED TABLE u (id int); INSERT INTO u VALUES (1);";
    let clustered = "CREATE INDEX i ON visit (n);";
    vec![
        quick("CREATE TABLE other (r int REFERENCES ref (id))", "ref:SRX"),
        alter("ALTER TABLE visit RENAME TO stay"),
        alter("ALTER TABLE visit SET SCHEMA public"),
        alter("ALTER TABLE visit OWNER TO CURRENT_USER"),
        alter("ALTER TABLE visit RENAME COLUMN n TO m"),
        alter("TRUNCATE visit"),
        quick("TRUNCATE ref CASCADE", "ref:AX visit:AX").after(key),
        alter("ALTER TABLE visit ENABLE ROW LEVEL SECURITY"),
        alter("ALTER TABLE visit FORCE ROW LEVEL SECURITY"),
        alter("CREATE POLICY z ON visit USING (n > 0)"),
        quick("CREATE POLICY z ON visit USING (EXISTS (SELECT FROM ref))", "visit:AX ref:AS"),
        alter("ALTER POLICY y ON visit USING (false)").after(policy),
        alter("DROP POLICY y ON visit").after(policy),
        quick("CREATE TRIGGER g BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION f()", "visit:SRX").after(function),
        quick("CREATE CONSTRAINT TRIGGER g AFTER INSERT ON visit FROM ref FOR EACH ROW EXECUTE FUNCTION f()",
            "visit:SRX ref:AS").after(function),
        quick("ALTER TABLE visit DISABLE TRIGGER g", "visit:SRX").after(trigger),
        alter("DROP TRIGGER g ON visit").after(trigger),
        alter("ALTER TRIGGER g ON visit RENAME TO h").after(trigger),
        alter("DROP FUNCTION f() CASCADE").after(trigger),
        alter("CREATE RULE r AS ON DELETE TO visit DO INSTEAD NOTHING"),
        alter("DROP RULE r ON visit").after(rule),
        alter("ALTER TABLE visit DISABLE RULE r").after(rule),
        quick("ALTER TABLE visit SET (fillfactor = 70)", "visit:SUX"),
        quick("ALTER TABLE visit SET (autovacuum_enabled = off)", "visit:SUX"),
        quick("ALTER TABLE visit ALTER n SET STATISTICS 200", "visit:SUX"),
        quick("ALTER TABLE visit ALTER n SET (n_distinct = 5)", "visit:SUX"),
        quick("ALTER TABLE visit CLUSTER ON visit_pkey", "visit:SUX"),
        alter("ALTER TABLE visit SET (user_catalog_table = true)"),
        alter("ALTER TABLE visit ALTER t SET STORAGE external"),
        alter("ALTER TABLE visit ALTER t SET COMPRESSION pglz").on(14..=99),
        alter("ALTER TABLE visit REPLICA IDENTITY FULL"),
        rewrite("ALTER TABLE visit SET UNLOGGED"),
        Case { rewrites: "u", ..quick("ALTER TABLE u SET LOGGED", "u:AX").scanning("u") }.after(unlogged),
        alter("ALTER TABLE visit SET LOGGED"),
        alter("ALTER TABLE visit SET ACCESS METHOD heap").on(15..=99),
        rewrite("ALTER TABLE visit ALTER x SET EXPRESSION AS (n + 1)").after(stored).on(17..=99),
        Case { rewrites: "visit", ..scan("CLUSTER visit USING i", "visit:AX") }.after(clustered),
        rewrite("VACUUM FULL @visit"),
        quick("VACUUM @visit", "visit:SUX"),
        quick("VACUUM @visit, @ref", "visit:SUX ref:SUX"),
        alter("ALTER TABLE visit ALTER x DROP EXPRESSION").after(stored),
        alter("ALTER TABLE visit ALTER n ADD GENERATED ALWAYS AS IDENTITY"),
        quick("ALTER TABLE visit ALTER n DROP IDENTITY", "visit:AX visit_n_seq:AX").after(identity),
        quick("ALTER SEQUENCE s RESTART 5", "s:SRX").after(sequence),
        quick("ALTER SEQUENCE s AS bigint", "s:SRX").after("CREATE SEQUENCE s AS int;"),
        quick("ALTER TYPE mood ADD VALUE 'z'", "").after(enumeration),
        quick("ALTER TYPE mood RENAME VALUE 'a' TO 'q'", "").after(enumeration),
        Case { rewrites: "m", ..quick("REFRESH MATERIALIZED VIEW m", "m:AX visit:AS").scanning("m") }.after(matview),
        quick("REFRESH MATERIALIZED VIEW CONCURRENTLY m", "m:X visit:AS").after(matview),
        quick("CREATE VIEW w AS SELECT id FROM visit", "visit:AS"),
        quick("CREATE OR REPLACE VIEW w AS SELECT id FROM visit WHERE n > 0", "w:AX visit:AS").after(view),
        quick("DROP VIEW w", "w:AX").after(view),
        quick("ALTER VIEW w SET (security_barrier)", "w:AX").after(view),
        quick("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'", "").after(function),
        quick("CREATE STATISTICS st ON n, t FROM visit", "visit:SUX"),
        quick("ANALYZE visit", "visit:SUX"),
        quick("CREATE PUBLICATION pub1 FOR TABLE visit", "visit:SUX"),
        quick("COMMENT ON TABLE visit IS 'x'", "visit:SUX"),
        quick("COMMENT ON COLUMN visit.n IS 'x'", "visit:SUX"),
        quick("COMMENT ON CONSTRAINT visit_pkey ON visit IS 'x'", "visit:AS"),
        quick("COMMENT ON TRIGGER g ON visit IS 'x'", "visit:AS").after(trigger),
        quick("COMMENT ON POLICY y ON visit IS 'x'", "visit:AS").after(policy),
        quick("GRANT SELECT ON visit TO public", "").on(13..=17),
        quick("GRANT SELECT ON visit TO public", "visit:AS").on(18..=99),
        quick("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public", ""),
        quick("INSERT INTO ref VALUES (77, 1)", "ref:RX"),
        quick("UPDATE visit SET n = 5 WHERE id = 1", "visit:RX"),
        scan("UPDATE visit SET n = n + 1", "visit:RX"),
        quick("DO $$ BEGIN EXECUTE 'ALTER TABLE visit ADD COLUMN x int'; END $$", "visit:AX"),
        quick("DO $$ BEGIN EXECUTE 'TRUNCATE visit'; END $$", "visit:AX"),
        quick("LOCK TABLE visit IN EXCLUSIVE MODE", "visit:X"),
    ]
}
