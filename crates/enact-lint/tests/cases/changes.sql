-- case: rename column
-- expect: rename-column
ALTER TABLE t RENAME COLUMN a TO b;

-- case: rename table
-- expect: rename-table
ALTER TABLE t RENAME TO u;

-- case: rename view
-- expect: rename-table
ALTER VIEW v RENAME TO w;

-- case: rename schema
-- expect: rename-table
ALTER SCHEMA a RENAME TO b;

-- case: rename index
-- expect: none
ALTER INDEX i RENAME TO j;

-- case: rename in a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, a int);
ALTER TABLE t RENAME COLUMN a TO b;

-- case: rename enum value
-- expect: rename-enum-value
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';

-- case: drop column
-- expect: drop-column
ALTER TABLE t DROP COLUMN c;

-- case: drop table
-- expect: drop-table
DROP TABLE t;

-- case: drop two tables, one of this file
-- expect: drop-table
CREATE TABLE u (id bigint PRIMARY KEY);
DROP TABLE t, u;

-- case: drop schema
-- expect: drop-table
DROP SCHEMA s;

-- case: drop view
-- expect: none
DROP VIEW v;

-- case: drop table of this file
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
DROP TABLE u CASCADE;

-- case: cascade
-- expect: drop-cascade drop-table
DROP TABLE t CASCADE;

-- case: cascade of a view
-- expect: drop-cascade
DROP VIEW v CASCADE;

-- case: cascade of a column
-- expect: drop-cascade drop-column
ALTER TABLE t DROP COLUMN c CASCADE;

-- case: cascade of a constraint
-- expect: drop-cascade
ALTER TABLE t DROP CONSTRAINT k CASCADE;

-- case: cascade of a function
-- expect: drop-cascade
DROP FUNCTION f(int) CASCADE;

-- case: drop function
-- expect: none
DROP FUNCTION f(int);

-- case: drop not null
-- expect: drop-not-null
ALTER TABLE t ALTER COLUMN c DROP NOT NULL;

-- case: drop default
-- expect: none
ALTER TABLE t ALTER COLUMN c DROP DEFAULT;

-- case: view loses security_invoker
-- expect: view-options-lost
CREATE VIEW v WITH (security_invoker = true) AS SELECT 1 AS one;
-- then:
CREATE OR REPLACE VIEW v AS SELECT 2 AS one;

-- case: view repeats security_invoker
-- expect: none
CREATE VIEW v WITH (security_invoker = true) AS SELECT 1 AS one;
-- then:
CREATE OR REPLACE VIEW v WITH (security_invoker = true) AS SELECT 2 AS one;

-- case: view without options
-- expect: none
CREATE VIEW v AS SELECT 1 AS one;
-- then:
CREATE OR REPLACE VIEW v AS SELECT 2 AS one;

-- case: truncate
-- expect: truncate
TRUNCATE t;

-- case: truncate two
-- expect: truncate truncate
TRUNCATE t, u CASCADE;

-- case: truncate a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
TRUNCATE t;

-- case: update of all rows
-- expect: unbatched-dml
UPDATE t SET c = 1;

-- case: update of all rows in batches
-- expect: none
-- enact: backfill batch=1000
UPDATE t SET c = 1 WHERE c IS NULL;

-- case: update of an open range
-- expect: unbatched-dml
UPDATE t SET c = 1 WHERE c IS NULL;

-- case: update of a row
-- expect: none
UPDATE t SET c = 1 WHERE id = 5;

-- case: update of given rows
-- expect: none
UPDATE t SET c = 1 WHERE c IS NULL AND id IN (1, 2, 3);

-- case: update between
-- expect: none
UPDATE t SET c = 1 WHERE id BETWEEN 1 AND 1000;

-- case: update by a join
-- expect: unbatched-dml
UPDATE t SET c = r.c FROM r WHERE r.id = t.id;

-- case: delete of all rows
-- expect: unbatched-dml
DELETE FROM t;

-- case: update of a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
INSERT INTO t VALUES (1, 2);
UPDATE t SET c = 1;

-- case: backfill after DDL
-- expect: backfill-under-lock
ALTER TABLE t ADD COLUMN c int;
UPDATE t SET c = a;

-- case: backfill of another table after DDL
-- expect: backfill-under-lock
ALTER TABLE t ADD COLUMN c int;
UPDATE u SET c = a;

-- case: backfill in a transaction of its own
-- expect: unbatched-dml
BEGIN;
ALTER TABLE t ADD COLUMN c int;
COMMIT;
BEGIN;
UPDATE t SET c = a;
COMMIT;

-- case: copy after DDL
-- expect: backfill-under-lock
ALTER TABLE t ADD COLUMN c int;
INSERT INTO u SELECT * FROM t;

-- case: constants after DDL
-- expect: none
ALTER TABLE t ADD COLUMN c int;
INSERT INTO u VALUES (1), (2);

-- case: copy without a lock
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
INSERT INTO u SELECT id FROM t;

-- case: one row after DDL
-- expect: none
ALTER TABLE t ADD COLUMN c int;
UPDATE t SET c = 1 WHERE id = 7;

-- case: two tables in one transaction
-- expect: several-strong-locks
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE u ADD COLUMN c int;

-- case: three tables are told once
-- expect: several-strong-locks
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE u ADD COLUMN c int;
ALTER TABLE v ADD COLUMN c int;

-- case: two tables in two transactions
-- expect: none
BEGIN;
ALTER TABLE t ADD COLUMN c int;
COMMIT;
BEGIN;
ALTER TABLE u ADD COLUMN c int;
COMMIT;

-- case: the same table twice
-- expect: none
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD COLUMN d int;

-- case: all locks at once
-- expect: none
LOCK TABLE t, u IN ACCESS EXCLUSIVE MODE;
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE u ADD COLUMN c int;

-- case: weak locks
-- expect: none
ALTER TABLE t SET (fillfactor = 80);
ALTER TABLE u SET (fillfactor = 80);

-- case: dropping a foreign key locks the other end
-- expect: several-strong-locks
CREATE TABLE t (id bigint PRIMARY KEY, r_id bigint CONSTRAINT k REFERENCES r (id));
-- then:
ALTER TABLE t DROP CONSTRAINT k;

-- case: new enum value used
-- expect: enum-value-in-tx
ALTER TYPE mood ADD VALUE 'calm';
INSERT INTO t VALUES (1, 'calm');

-- case: new enum value used with a quote in it
-- expect: enum-value-in-tx
ALTER TYPE mood ADD VALUE 'don''t know';
INSERT INTO t VALUES (1, 'don''t know');

-- case: new enum value not used
-- expect: none
ALTER TYPE mood ADD VALUE 'calm';
INSERT INTO t VALUES (1, 'sad');
COMMENT ON TYPE mood IS 'calm';

-- case: new enum value used later
-- expect: none
BEGIN;
ALTER TYPE mood ADD VALUE 'calm';
COMMIT;
BEGIN;
INSERT INTO t VALUES (1, 'calm');
COMMIT;

-- case: value of a new type
-- expect: none
CREATE TYPE mood AS ENUM ('sad');
ALTER TYPE mood ADD VALUE 'calm';
CREATE TABLE t (id bigint PRIMARY KEY, m mood DEFAULT 'calm');

-- case: set for the session
-- expect: session-set
SET work_mem = '1GB';

-- case: set local
-- expect: none
SET LOCAL work_mem = '1GB';

-- case: set local beside what runs alone
-- expect: set-local-alone
-- enact: no-transaction a test
SET LOCAL work_mem = '1GB';

-- case: newer syntax, server unknown
-- expect: none
CREATE UNIQUE INDEX CONCURRENTLY i ON t (c) NULLS NOT DISTINCT;

-- case: newer syntax
-- expect: needs-newer-server
-- server: 14
CREATE UNIQUE INDEX CONCURRENTLY i ON t (c) NULLS NOT DISTINCT;

-- case: disable trigger
-- expect: disable-trigger
ALTER TABLE t DISABLE TRIGGER audit;

-- case: disable all triggers
-- expect: disable-trigger
ALTER TABLE t DISABLE TRIGGER ALL;

-- case: enable trigger
-- expect: none
ALTER TABLE t ENABLE ALWAYS TRIGGER audit;

-- case: disable row-level security
-- expect: disable-rls
ALTER TABLE t DISABLE ROW LEVEL SECURITY;

-- case: row-level security without a policy
-- expect: rls-without-policy
ALTER TABLE t ENABLE ROW LEVEL SECURITY;

-- case: row-level security with a policy
-- expect: none
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true);

-- case: row-level security with a policy of an earlier file
-- expect: none
CREATE POLICY p ON t USING (true);
-- then:
ALTER TABLE t ENABLE ROW LEVEL SECURITY;

-- case: row-level security with a policy too late
-- expect: rls-without-policy
BEGIN;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
COMMIT;
BEGIN;
CREATE POLICY p ON t USING (true);
COMMIT;

-- case: row-level security of a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;

-- case: grant to public
-- expect: grant-to-public
GRANT SELECT ON t TO PUBLIC;

-- case: grant to a role
-- expect: none
GRANT SELECT ON t TO reader;

-- case: revoke from public
-- expect: none
REVOKE ALL ON t FROM PUBLIC;

-- case: definer
-- expect: definer-search-path
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$;

-- case: definer with a path
-- expect: none
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 $$;

-- case: definer with another setting
-- expect: definer-search-path
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET work_mem = '1MB' AS $$ SELECT 1 $$;

-- case: definer with a body bound when made
-- expect: none
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1;

-- case: invoker
-- expect: none
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS $$ SELECT 1 $$;

-- case: narrow key
-- expect: int-primary-key
CREATE TABLE t (id serial PRIMARY KEY);

-- case: narrow key as a table constraint
-- expect: int-primary-key
CREATE TABLE t (id int, PRIMARY KEY (id));

-- case: wide key
-- expect: none
CREATE TABLE t (id uuid PRIMARY KEY);

-- case: key of two columns
-- expect: none
CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));

-- case: key that is another table's
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
-- enact: allow(fk-type-mismatch) as narrow as it was
CREATE TABLE t (id int PRIMARY KEY REFERENCES u (id));

-- case: types
-- expect: timestamp-without-zone json-column char-column
CREATE TABLE t (id bigint PRIMARY KEY, a timestamp, b json, c char(3));

-- case: better types
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, a timestamptz, b jsonb, c text);

-- case: types of a new column
-- expect: timestamp-without-zone
ALTER TABLE t ADD COLUMN a timestamp without time zone;

-- case: long name
-- expect: long-name
ALTER TABLE t ADD COLUMN a234567890123456789012345678901234567890123456789012345678901234 int;

-- case: longest name
-- expect: none
ALTER TABLE t ADD COLUMN a23456789012345678901234567890123456789012345678901234567890123 int;

-- case: long name in a comment or a constant
-- expect: none
/* a234567890123456789012345678901234567890123456789012345678901234 */
SELECT 'a234567890123456789012345678901234567890123456789012345678901234';

-- case: without a key
-- expect: no-primary-key
CREATE TABLE t (a int);

-- case: with a later key
-- expect: none
CREATE TABLE t (a bigint NOT NULL);
ALTER TABLE t ADD PRIMARY KEY (a);

-- case: temporary
-- expect: none
CREATE TEMP TABLE t (a int) ON COMMIT DROP;

-- case: if not exists
-- expect: if-not-exists
CREATE TABLE IF NOT EXISTS t (id bigint PRIMARY KEY);

-- case: column if not exists
-- expect: if-not-exists
ALTER TABLE t ADD COLUMN IF NOT EXISTS c int;

-- case: drop if exists
-- expect: if-not-exists
DROP VIEW IF EXISTS v;

-- case: extension if not exists
-- expect: none
CREATE EXTENSION IF NOT EXISTS pgcrypto;

-- case: dynamic
-- expect: dynamic-sql
DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$;

-- case: grant execute in a block
-- expect: none
DO $$ BEGIN GRANT EXECUTE ON FUNCTION f() TO reader; END $$;

-- case: allowed
-- expect: none
-- enact: allow(drop-column) no release since 1.4 reads it
ALTER TABLE t DROP COLUMN c;

-- case: allowed on another statement
-- expect: unused-allow drop-column
SELECT 1;
-- enact: allow(drop-column) no release since 1.4 reads it
SELECT 2;
ALTER TABLE t DROP COLUMN c;

-- case: allowed for the file
-- expect: none
-- enact: allow(drop-column) no release since 1.4 reads them
ALTER TABLE t DROP COLUMN c;
ALTER TABLE t DROP COLUMN d;

-- case: allowed, no such rule
-- expect: unknown-rule drop-column
-- enact: allow(drop-columns) no release since 1.4 reads it
ALTER TABLE t DROP COLUMN c;

-- case: rollback of a new column
-- expect: none
ALTER TABLE t ADD COLUMN c int;
-- rollback:
ALTER TABLE t DROP COLUMN c;

-- case: rollback of a filled column
-- expect: rollback-loses-data
ALTER TABLE t ADD COLUMN c int;
UPDATE t SET c = a;
-- rollback:
ALTER TABLE t DROP COLUMN c;

-- case: rollback of another column than the filled one
-- expect: none
ALTER TABLE t ADD COLUMN c int, ADD COLUMN d int;
UPDATE t SET c = a;
-- rollback:
ALTER TABLE t DROP COLUMN d;

-- case: rollback drops a column of somebody else
-- expect: rollback-loses-data
ALTER TABLE t ADD COLUMN c int;
-- rollback:
ALTER TABLE t DROP COLUMN d;

-- case: rollback of a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
INSERT INTO t VALUES (1);
-- rollback:
DROP TABLE t;

-- case: rollback of a filled table
-- expect: rollback-loses-data
CREATE TABLE t (id bigint PRIMARY KEY);
INSERT INTO t SELECT id FROM u;
-- rollback:
DROP TABLE t;

-- case: rollback drops a table of somebody else
-- expect: rollback-loses-data
CREATE TABLE t (id bigint PRIMARY KEY);
-- rollback:
DROP TABLE u;

-- case: rollback of a rename
-- expect: none
ALTER TABLE t RENAME COLUMN a TO b;
-- rollback:
ALTER TABLE t RENAME COLUMN b TO a;

-- case: rollback of a concurrent index
-- expect: drop-index-not-concurrent rollback-locks-harder
CREATE INDEX CONCURRENTLY i ON t (c);
-- rollback:
DROP INDEX i;

-- case: rollback of a concurrent index, concurrently
-- expect: none
CREATE INDEX CONCURRENTLY i ON t (c);
-- rollback:
DROP INDEX CONCURRENTLY i;

-- case: rollback of a constraint
-- expect: none
ALTER TABLE t ADD CONSTRAINT p CHECK (c > 0) NOT VALID;
-- rollback:
ALTER TABLE t DROP CONSTRAINT p;

-- case: rollback switches row-level security off again
-- expect: none
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true);
-- rollback:
DROP POLICY p ON t;
ALTER TABLE t DISABLE ROW LEVEL SECURITY;

-- case: rollback grants again
-- expect: none
REVOKE ALL ON t FROM PUBLIC;
-- rollback:
GRANT SELECT ON t TO PUBLIC;

-- case: update of one row by a query
-- expect: none
UPDATE t SET c = 1 WHERE id = (SELECT max(id) FROM t);

-- case: update of a batch
-- expect: none
UPDATE t SET c = 1 WHERE id IN (SELECT id FROM t WHERE c IS NULL ORDER BY id LIMIT 1000);

-- case: update of a batch by a WITH
-- expect: none
WITH batch AS (SELECT id FROM t WHERE c IS NULL LIMIT 1000)
UPDATE t SET c = 1 FROM batch WHERE batch.id = t.id;

-- case: update of all others
-- expect: unbatched-dml
UPDATE t SET c = 1 WHERE id NOT IN (1, 2);

-- case: update of what a query gives
-- expect: unbatched-dml
UPDATE t SET c = 1 WHERE id IN (SELECT id FROM u);

-- case: update of one or the other row
-- expect: none
UPDATE t SET c = 1 WHERE id = 1 OR id = 2;

-- case: update of one row or all that lack it
-- expect: unbatched-dml
UPDATE t SET c = 1 WHERE id = 1 OR c IS NULL;

-- case: update by a flag
-- expect: unbatched-dml
UPDATE t SET c = 1 WHERE active = true;

-- case: update of given keys
-- expect: none
UPDATE t SET c = 1 WHERE id = ANY (ARRAY[1, 2]);

-- case: default privileges for public
-- expect: grant-to-public
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;

-- case: view loses what ALTER VIEW gave it
-- expect: view-options-lost
CREATE VIEW v AS SELECT 1 AS one;
ALTER VIEW v SET (security_invoker = true);
-- then:
CREATE OR REPLACE VIEW v AS SELECT 2 AS one;
