-- case: type of a column that a view shows
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id, c FROM t;
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column that a view shows with all others
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT * FROM t;
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column that a view filters by
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id FROM t WHERE c <> '';
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column beside the one that a view shows
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id, d FROM t;
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: view is dropped before
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id, c FROM t;
-- then:
DROP VIEW v;
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: view shows another column by now
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id, c FROM t;
DROP VIEW v;
CREATE VIEW v AS SELECT id, d FROM t;
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: view of two tables
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE TABLE u (id bigint PRIMARY KEY, c text);
CREATE VIEW v AS SELECT u.c FROM t JOIN u USING (id);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column that a policy asks for
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE POLICY p ON t USING (c = current_user);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: policy is dropped before
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE POLICY p ON t USING (c = current_user);
-- then:
DROP POLICY p ON t;
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: policy of another table goes
-- expect: several-strong-locks type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE POLICY p ON t USING (c = current_user);
CREATE POLICY p ON u USING (true);
-- then:
DROP POLICY p ON u;
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: policy asks for another column
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE POLICY p ON t USING (d = current_user);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column of UPDATE OF
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE TRIGGER g BEFORE UPDATE OF c ON t FOR EACH ROW EXECUTE FUNCTION f();
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: UPDATE OF another column
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE TRIGGER g BEFORE UPDATE OF d ON t FOR EACH ROW EXECUTE FUNCTION f();
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column of WHEN
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (old.c <> new.c) EXECUTE FUNCTION f();
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: trigger is dropped before
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE TRIGGER g BEFORE UPDATE OF c ON t FOR EACH ROW EXECUTE FUNCTION f();
-- then:
DROP TRIGGER g ON t;
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: type of a column that another is generated from
-- expect: type-blocked
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d text GENERATED ALWAYS AS (lower(c)) STORED);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: generated column goes before
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d text GENERATED ALWAYS AS (lower(c)) STORED);
-- then:
-- enact: allow(drop-column) computed
ALTER TABLE t DROP COLUMN d;
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: blocked and written again
-- expect: type-blocked rewrite-type
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9), d varchar(9));
CREATE VIEW v AS SELECT id, c FROM t;
-- then:
ALTER TABLE t ALTER COLUMN c TYPE bigint USING c::bigint;

-- case: enumerated type to text
-- expect: rewrite-type
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (id bigint PRIMARY KEY, c mood);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: domain to its base
-- expect: none
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TABLE t (id bigint PRIMARY KEY, c code);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: base to a domain without a constraint
-- expect: none
CREATE DOMAIN code AS text;
CREATE TABLE t (id bigint PRIMARY KEY, c text);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE code;

-- case: base to a domain with a constraint
-- expect: rewrite-type
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TABLE t (id bigint PRIMARY KEY, c text);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE code;

-- case: array of wider numbers
-- expect: rewrite-type
CREATE TABLE t (id bigint PRIMARY KEY, c int[]);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE bigint[];

-- case: free type of a column that refers to another
-- expect: several-strong-locks
CREATE TABLE u (c varchar(9) PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, c varchar(9) REFERENCES u);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: free type of a column that another refers to
-- expect: several-strong-locks
CREATE TABLE t (c varchar(9) PRIMARY KEY);
CREATE TABLE u (id bigint PRIMARY KEY, c varchar(9) REFERENCES t);
-- then:
ALTER TABLE t ALTER COLUMN c TYPE text;

-- case: not null before the fill
-- expect: not-valid-live-rows
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: not null with another condition before the fill
-- expect: not-valid-live-rows
ALTER TABLE t ADD COLUMN c int, ADD CONSTRAINT n CHECK (c > 0 AND c IS NOT NULL) NOT VALID;

-- case: not null of 18 before the fill
-- expect: not-valid-live-rows
-- server: 18
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n NOT NULL c NOT VALID;

-- case: condition that NULL passes
-- expect: none
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n CHECK (c > 0) NOT VALID;

-- case: not null of a column with a default
-- expect: none
ALTER TABLE t ADD COLUMN c int DEFAULT 1;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: not null after the fill
-- expect: none
BEGIN;
ALTER TABLE t ADD COLUMN c int;
COMMIT;
UPDATE t SET c = 1 WHERE id BETWEEN 1 AND 9;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: not null in a later file
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t ADD COLUMN c int;
-- then:
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: not null on a table of this file
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: required before anything fills it
-- expect: not-null-scan contract-before-backfill
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ALTER COLUMN c SET NOT NULL;

-- case: source goes with the fill
-- expect: contract-before-backfill
UPDATE t SET c = d WHERE id = 1;
-- enact: allow(drop-column) unused
ALTER TABLE t DROP COLUMN d;

-- case: another column goes
-- expect: none
UPDATE t SET c = d WHERE id = 1;
-- enact: allow(drop-column) unused
ALTER TABLE t DROP COLUMN e;

-- case: column of another table goes
-- expect: none
UPDATE t SET c = d WHERE id = 1;
-- enact: allow(drop-column) unused
ALTER TABLE u DROP COLUMN d;

-- case: key without an index
-- expect: fk-no-index
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);

-- case: key that a later statement indexes
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE INDEX ON t (u_id, id);

-- case: index in which the key stands second
-- expect: fk-no-index
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE INDEX ON t (id, u_id);

-- case: index with a condition
-- expect: fk-no-index
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE INDEX ON t (u_id) WHERE id > 9;

-- case: index of an expression
-- expect: fk-no-index
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE INDEX ON t (abs(u_id), u_id);

-- case: key of two columns in another order
-- expect: none
CREATE TABLE u (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE t (id bigint PRIMARY KEY, a int, b int, UNIQUE (b, a), FOREIGN KEY (a, b) REFERENCES u);

-- case: key that is unique
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint UNIQUE REFERENCES u);

-- case: key on a table that is not known
-- expect: none
ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (u_id) REFERENCES u NOT VALID;

-- case: key on a table that is known
-- expect: fk-no-index
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint);
-- then:
ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (u_id) REFERENCES u NOT VALID;

-- case: key on a table with an index
-- expect: none
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint);
CREATE INDEX ON t (u_id);
-- then:
ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (u_id) REFERENCES u NOT VALID;

-- case: narrow key
-- expect: fk-type-mismatch
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id int REFERENCES u);
CREATE INDEX ON t (u_id);

-- case: key of text to a limited text
-- expect: none
CREATE TABLE u (id varchar(9) PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id text REFERENCES u (id));
CREATE INDEX ON t (u_id);

-- case: key to a serial
-- expect: none
CREATE TABLE u (id bigserial PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE INDEX ON t (u_id);

-- case: key of a domain
-- expect: none
CREATE DOMAIN u_key AS bigint;
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, u_id u_key REFERENCES u);
CREATE INDEX ON t (u_id);

-- case: update that a rule swallows
-- expect: rule-swallows-dml
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;
-- then:
UPDATE t SET c = 1 WHERE id = 1;

-- case: delete that a rule swallows
-- expect: rule-swallows-dml
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
-- then:
DELETE FROM t WHERE id = 1;

-- case: insert beside a rule for updates
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;
-- then:
INSERT INTO t VALUES (1, 1);

-- case: rule that does something also
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON UPDATE TO t DO ALSO NOTHING;
-- then:
UPDATE t SET c = 1 WHERE id = 1;

-- case: rule with a condition
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON UPDATE TO t WHERE old.c = 1 DO INSTEAD NOTHING;
-- then:
UPDATE t SET c = 1 WHERE id = 1;

-- case: rule is dropped before
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;
-- then:
BEGIN;
DROP RULE r ON t;
COMMIT;
UPDATE t SET c = 1 WHERE id = 1;

-- case: serial becomes wider alone
-- expect: sequence-int-overflow
-- enact: allow(int-primary-key) old
CREATE TABLE t (id serial PRIMARY KEY);
-- then:
-- enact: allow(rewrite-type) small
ALTER TABLE t ALTER COLUMN id TYPE bigint;

-- case: serial becomes wider with its sequence
-- expect: none
-- enact: allow(int-primary-key) old
CREATE TABLE t (id serial PRIMARY KEY);
-- then:
-- enact: allow(rewrite-type) small
ALTER TABLE t ALTER COLUMN id TYPE bigint;
ALTER SEQUENCE t_id_seq AS bigint;

-- case: identity becomes wider
-- expect: none
-- enact: allow(int-primary-key) old
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- then:
-- enact: allow(rewrite-type) small
ALTER TABLE t ALTER COLUMN id TYPE bigint;

-- case: update of records
-- expect: audit-immutable
-- append-only: t
UPDATE t SET c = 1 WHERE id = 1;

-- case: update of other records
-- expect: none
-- append-only: t
UPDATE u SET c = 1 WHERE id = 1;

-- case: delete of records
-- expect: audit-immutable
-- append-only: t
DELETE FROM app.t WHERE id = 1;

-- case: insert of records
-- expect: none
-- append-only: t
INSERT INTO t VALUES (1);

-- case: records get a value
-- expect: audit-immutable
-- append-only: t
ALTER TABLE t ADD COLUMN c int DEFAULT 1;

-- case: records get an empty column
-- expect: none
-- append-only: t
ALTER TABLE t ADD COLUMN c int;

-- case: trigger of records is dropped
-- expect: audit-immutable
-- append-only: t
DROP TRIGGER g ON t;

-- case: trigger of other records is dropped
-- expect: none
-- append-only: t
DROP TRIGGER g ON u;

-- case: trigger of records is switched off
-- expect: audit-immutable disable-trigger
-- append-only: t
ALTER TABLE t DISABLE TRIGGER g;

-- case: trigger of records is always on
-- expect: none
-- append-only: t
ALTER TABLE t ENABLE ALWAYS TRIGGER g;

-- case: rule of records is dropped
-- expect: audit-immutable
-- append-only: t
DROP RULE r ON t;

-- case: records of this file
-- expect: none
-- append-only: t
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t ADD COLUMN c int DEFAULT 1;

-- case: rollback of records that the migration made
-- expect: none
-- append-only: t
CREATE TABLE t (id bigint PRIMARY KEY);
-- rollback:
DROP TABLE t;

-- case: rollback of older records
-- expect: audit-immutable rollback-loses-data
-- append-only: t
ALTER TABLE t ADD COLUMN c int;
-- rollback:
DROP TABLE t;

-- case: policy of a regulated table
-- expect: regulated-access
-- access: t
CREATE POLICY p ON t USING (true);

-- case: policy of another table
-- expect: none
-- access: t
CREATE POLICY p ON u USING (true);

-- case: grant on a regulated table
-- expect: regulated-access
-- access: t
GRANT SELECT ON t TO reader;

-- case: grant on another table
-- expect: none
-- access: t
GRANT SELECT ON u TO reader;

-- case: grant on all tables
-- expect: regulated-access
-- access: t
GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;

-- case: owner of a regulated table
-- expect: regulated-access
-- access: t
ALTER TABLE t OWNER TO reader;

-- case: column of a regulated table
-- expect: none
-- access: t
ALTER TABLE t ADD COLUMN c int;

-- case: signature is written again
-- expect: regulated-signature
-- signature: t.signed_by
UPDATE t SET signed_by = 'x' WHERE id = 1;

-- case: what stands beside a signature
-- expect: none
-- signature: t.signed_by
UPDATE t SET c = 'x' WHERE id = 1;

-- case: signature of another name
-- expect: regulated-signature rename-column
-- signature: t.signed_by
ALTER TABLE t RENAME COLUMN signed_by TO signer;

-- case: signature goes
-- expect: regulated-signature drop-column
-- signature: t.signed_by
ALTER TABLE t DROP COLUMN signed_by;

-- case: allow of what only a target proves
-- expect: none
-- enact: allow(type-blocked) the view is made again
ALTER TABLE t ALTER COLUMN c SET DEFAULT 1;

-- case: rows in batches
-- expect: none
ALTER TABLE t ADD COLUMN c int;
-- enact: backfill batch=500
UPDATE t SET c = d;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: rows in batches, and rows that are not
-- expect: unbatched-dml
-- enact: backfill
UPDATE t SET c = d;
DELETE FROM t;

-- case: source goes behind the batches
-- expect: contract-before-backfill
-- enact: backfill
UPDATE t SET c = d;
-- enact: allow(drop-column) unused
ALTER TABLE t DROP COLUMN d;

-- case: not null on records that are never updated
-- expect: none
-- append-only: t
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: not null on a table whose updates a rule swallows
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;
-- then:
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID;

-- case: rollback of a trigger that the migration made
-- expect: none
-- append-only: t
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
-- rollback:
DROP TRIGGER g ON t;

-- case: rollback of another trigger
-- expect: audit-immutable
-- append-only: t
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
-- rollback:
DROP TRIGGER h ON t;

-- case: rollback of a policy that the migration made
-- expect: none
-- access: t
-- enact: allow(regulated-access) CR-1
CREATE POLICY p ON t USING (true);
-- rollback:
DROP POLICY p ON t;
