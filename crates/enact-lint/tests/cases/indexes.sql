-- case: index
-- expect: index-not-concurrent
CREATE INDEX i ON t (c);

-- case: index without a name
-- expect: index-not-concurrent
CREATE UNIQUE INDEX ON t (c, lower(d)) WHERE c > 0;

-- case: index concurrently
-- expect: none
CREATE INDEX CONCURRENTLY i ON t (c);

-- case: index of a new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY, c int);
CREATE INDEX i ON t (c);

-- case: index of a new table in another transaction
-- expect: none
BEGIN;
CREATE TABLE app.t (id bigint PRIMARY KEY, c int);
COMMIT;
BEGIN;
CREATE INDEX i ON app.t (c);
COMMIT;

-- case: index of a table of the same name in another schema
-- expect: index-not-concurrent
CREATE TABLE app.t (id bigint PRIMARY KEY, c int);
CREATE INDEX i ON archive.t (c);

-- case: index of a new materialised view
-- expect: none
CREATE MATERIALIZED VIEW v AS SELECT 1 AS one;
CREATE UNIQUE INDEX v_one ON v (one);

-- case: index of the parent alone
-- expect: none
CREATE INDEX i ON ONLY t (c);

-- case: concurrently on a partitioned table
-- expect: concurrently-partitioned
CREATE TABLE t (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
-- then:
CREATE INDEX CONCURRENTLY i ON t (id);

-- case: not concurrently on a partitioned table
-- expect: index-not-concurrent
CREATE TABLE t (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
-- then:
CREATE INDEX i ON t (id);

-- case: concurrently if not exists
-- expect: concurrently-if-not-exists
CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (c);

-- case: drop index
-- expect: drop-index-not-concurrent
DROP INDEX i;

-- case: drop two indexes
-- expect: drop-index-not-concurrent drop-index-not-concurrent
DROP INDEX i, app.j;

-- case: drop index concurrently
-- expect: none
DROP INDEX CONCURRENTLY i;

-- case: drop index of this file
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
CREATE INDEX i ON t (id);
DROP INDEX i;

-- case: drop index of a partitioned table cannot be concurrent
-- expect: none
CREATE TABLE t (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE INDEX i ON t (id);
-- then:
DROP INDEX i;

-- case: reindex table
-- expect: reindex-not-concurrent
REINDEX TABLE app.t;

-- case: reindex index
-- expect: reindex-not-concurrent
REINDEX INDEX i;

-- case: reindex concurrently
-- expect: none
REINDEX INDEX CONCURRENTLY i;

-- case: reindex concurrently in parentheses
-- expect: none
REINDEX (CONCURRENTLY, VERBOSE) TABLE t;

-- case: reindex with concurrently off
-- expect: reindex-not-concurrent
REINDEX (CONCURRENTLY off) TABLE t;

-- case: reindex schema
-- expect: reindex-not-concurrent
REINDEX SCHEMA app;

-- case: reindex system
-- expect: none
REINDEX SYSTEM d;

-- case: refresh
-- expect: refresh-not-concurrent
REFRESH MATERIALIZED VIEW v;

-- case: refresh concurrently
-- expect: none
REFRESH MATERIALIZED VIEW CONCURRENTLY v;

-- case: refresh of a new view
-- expect: none
CREATE MATERIALIZED VIEW v AS SELECT 1 AS one WITH NO DATA;
REFRESH MATERIALIZED VIEW v;

-- case: detach
-- expect: partition-detach
ALTER TABLE t DETACH PARTITION t_2025;

-- case: detach concurrently
-- expect: none
ALTER TABLE t DETACH PARTITION t_2025 CONCURRENTLY;

-- case: detach on 13
-- expect: none
-- server: 13
ALTER TABLE t DETACH PARTITION t_2025;

-- case: detach concurrently on 13
-- expect: needs-newer-server
-- server: 13
ALTER TABLE t DETACH PARTITION t_2025 CONCURRENTLY;

-- case: attach
-- expect: partition-attach
ALTER TABLE t ATTACH PARTITION t_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: attach a new table
-- expect: none
CREATE TABLE t_2026 (LIKE t INCLUDING ALL);
ALTER TABLE t ATTACH PARTITION t_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: attach with a check
-- expect: none
ALTER TABLE t_2026 ADD CONSTRAINT b CHECK (day IS NOT NULL AND day >= '2026-01-01' AND day < '2027-01-01');
-- then:
ALTER TABLE t ATTACH PARTITION t_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: attach an index
-- expect: none
ALTER INDEX i ATTACH PARTITION i_2026;

-- case: partition of an existing table
-- expect: partition-create
CREATE TABLE t_2026 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: partition of a new table
-- expect: none
CREATE TABLE t (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE t_2026 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: vacuum full
-- expect: rewrite-maintenance
VACUUM FULL t;

-- case: vacuum full in parentheses
-- expect: rewrite-maintenance
VACUUM (FULL, ANALYZE) t;

-- case: vacuum
-- expect: none
VACUUM (ANALYZE) t;

-- case: cluster
-- expect: rewrite-maintenance
CLUSTER t USING i;

-- case: cluster on only marks
-- expect: none
ALTER TABLE t CLUSTER ON i;

-- case: unlogged
-- expect: rewrite-storage
ALTER TABLE t SET UNLOGGED;

-- case: tablespace
-- expect: rewrite-storage
ALTER TABLE t SET TABLESPACE fast;

-- case: access method
-- expect: rewrite-storage
ALTER TABLE t SET ACCESS METHOD columnar;

-- case: storage parameters
-- expect: none
ALTER TABLE t SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01);

-- case: unlogged new table
-- expect: none
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t SET UNLOGGED;
