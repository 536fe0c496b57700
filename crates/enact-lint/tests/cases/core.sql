-- case: a column is added to a core table
-- core: schema diary; table diary.sites; column diary.sites.id
-- expect: core-object-changed
ALTER TABLE diary.sites ADD COLUMN phone text;

-- case: a column is added to the extension's own table of that name
-- core: schema diary; table diary.sites
-- expect: none
CREATE TABLE orion.sites (id bigint PRIMARY KEY);
-- then:
ALTER TABLE sites ADD COLUMN phone text;

-- case: without a schema the core's is meant where the extension has none
-- core: schema diary; table diary.sites
-- expect: core-object-changed
ALTER TABLE sites ADD COLUMN phone text;

-- case: a core view is replaced
-- core: schema diary; table diary.sites; view diary.open_sites
-- expect: core-object-changed
CREATE OR REPLACE VIEW diary.open_sites AS SELECT 1 AS id;

-- case: a view of the extension over a core table
-- core: schema diary; table diary.sites; view diary.open_sites
-- expect: none
CREATE OR REPLACE VIEW orion.open_sites AS SELECT id FROM diary.sites;

-- case: a foreign key refers to the core
-- core: schema diary; table diary.sites
-- expect: none
CREATE TABLE orion.visit (id bigint PRIMARY KEY, site_id bigint UNIQUE REFERENCES diary.sites (id));

-- case: a core function is replaced
-- core: schema diary; function diary.grade(numeric, text)
-- expect: core-object-changed
CREATE OR REPLACE FUNCTION diary.grade(numeric, text) RETURNS text LANGUAGE sql AS 'SELECT $2';

-- case: a core function is dropped
-- core: schema diary; function diary.grade(numeric, text)
-- expect: core-object-changed
DROP FUNCTION diary.grade(numeric, text);

-- case: a function of the extension is dropped
-- core: schema diary; function diary.grade(numeric, text)
-- expect: none
DROP FUNCTION orion.grade(numeric, text);

-- case: a core table is renamed
-- core: schema diary; table diary.sites
-- expect: core-object-changed rename-table
ALTER TABLE diary.sites RENAME TO places;

-- case: a core schema is renamed
-- core: schema diary; table diary.sites
-- expect: core-object-changed rename-table
ALTER SCHEMA diary RENAME TO places;

-- case: a core table is moved
-- core: schema diary; table diary.sites
-- expect: core-object-changed
ALTER TABLE diary.sites SET SCHEMA orion;

-- case: the owner of a core schema is changed
-- core: schema diary; table diary.sites
-- expect: core-object-changed
ALTER SCHEMA diary OWNER TO orion;

-- case: rows of a core table are changed
-- core: schema diary; table diary.sites
-- expect: core-object-changed
INSERT INTO diary.sites VALUES (1);

-- case: rows of a core table are copied into the extension's
-- core: schema diary; table diary.sites
-- expect: none
INSERT INTO orion.places SELECT id FROM diary.sites;

-- case: rows of a core table are changed within WITH
-- core: schema diary; table diary.sites
-- expect: core-object-changed
WITH gone AS (DELETE FROM diary.sites WHERE id = 1 RETURNING id)
INSERT INTO orion.places SELECT id FROM gone;

-- case: rows of a core table are read within WITH
-- core: schema diary; table diary.sites
-- expect: none
WITH one AS (SELECT id FROM diary.sites WHERE id = 1)
INSERT INTO orion.places SELECT id FROM one;

-- case: a table that inherits from the core's
-- core: schema diary; table diary.sites
-- expect: core-object-changed
CREATE TABLE orion.sites_more (PRIMARY KEY (id)) INHERITS (diary.sites);

-- case: a rule on a core table
-- core: schema diary; table diary.sites
-- expect: core-object-changed
CREATE RULE quiet AS ON DELETE TO diary.sites DO INSTEAD NOTHING;

-- case: an event trigger
-- core: schema diary; table diary.sites
-- expect: core-object-changed
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION orion.noted();

-- case: two things in one file
-- core: schema diary; table diary.sites
-- leave: comment diary.sites
-- expect: core-object-changed core-object-attached
ALTER TABLE diary.sites ADD COLUMN phone text;
COMMENT ON TABLE diary.sites IS 'now with a phone';
CREATE POLICY own ON diary.sites USING (true);

-- case: what an allow names is not found
-- core: schema diary; table diary.sites
-- expect: none
-- enact: allow(core-object-changed) CORE-12: the core team does the same in 1.4.0
ALTER TABLE diary.sites ADD COLUMN phone text;

-- case: an allow of what does not touch the core
-- core: schema diary; table diary.sites
-- expect: unused-allow
-- enact: allow(core-object-changed) CORE-12: the core team does the same in 1.4.0
ALTER TABLE orion.places ADD COLUMN phone text;

-- case: an index on a core table
-- core: schema diary; table diary.sites
-- expect: core-object-attached
CREATE INDEX CONCURRENTLY sites_name ON diary.sites (name);

-- case: an index on a core table with leave
-- core: schema diary; table diary.sites
-- leave: index diary.sites
-- expect: none
CREATE INDEX CONCURRENTLY sites_name ON diary.sites (name);

-- case: an index with leave for another table
-- core: schema diary; table diary.sites; table diary.visits
-- leave: index diary.visits
-- expect: core-object-attached
CREATE INDEX CONCURRENTLY sites_name ON diary.sites (name);

-- case: an index with leave for the whole schema
-- core: schema diary; table diary.sites
-- leave: index diary.*
-- expect: none
CREATE INDEX CONCURRENTLY sites_name ON diary.sites (name);

-- case: an index with leave for a table whose name stands in quotes
-- core: schema diary; table diary."Sites"
-- leave: index diary."Sites"
-- expect: none
CREATE INDEX CONCURRENTLY sites_name ON diary."Sites" (name);

-- case: the extension's own index on a core table is dropped
-- core: schema diary; table diary.sites; index diary.sites_pkey
-- expect: none
DROP INDEX CONCURRENTLY diary.sites_name;

-- case: the core's index is dropped
-- core: schema diary; table diary.sites; index diary.sites_by_name
-- expect: core-object-changed
DROP INDEX CONCURRENTLY diary.sites_by_name;

-- case: a trigger on a core table
-- core: schema diary; table diary.sites
-- expect: core-object-attached
CREATE TRIGGER noted AFTER UPDATE ON diary.sites FOR EACH ROW EXECUTE FUNCTION orion.noted();

-- case: a trigger with leave, and its rollback
-- core: schema diary; table diary.sites
-- leave: trigger diary.sites
-- expect: none
CREATE TRIGGER noted AFTER UPDATE ON diary.sites FOR EACH ROW EXECUTE FUNCTION orion.noted();
-- rollback:
DROP TRIGGER noted ON diary.sites;

-- case: a rollback that drops the core's trigger
-- core: schema diary; table diary.sites; trigger diary.sites.noted
-- expect: core-object-changed
CREATE TABLE orion.places (id bigint PRIMARY KEY);
-- rollback:
DROP TRIGGER noted ON diary.sites;

-- case: the core's trigger is replaced, which leave to add one does not cover
-- core: schema diary; table diary.sites; trigger diary.sites.noted
-- leave: trigger diary.sites
-- expect: core-object-changed
CREATE OR REPLACE TRIGGER noted AFTER UPDATE ON diary.sites FOR EACH ROW EXECUTE FUNCTION orion.noted();

-- case: the extension's own policy on a core table is altered
-- core: schema diary; table diary.sites; policy diary.sites.own_site
-- leave: policy diary.sites
-- expect: none
CREATE POLICY own ON diary.sites USING (true);
-- then:
ALTER POLICY own ON diary.sites USING (id > 0);
ALTER POLICY own ON diary.sites RENAME TO ours;

-- case: the core's policy is altered
-- core: schema diary; table diary.sites; policy diary.sites.own_site
-- leave: policy diary.sites
-- expect: core-object-changed
ALTER POLICY own_site ON diary.sites USING (true);

-- case: a grant on a core table
-- core: schema diary; table diary.sites
-- expect: core-object-attached
GRANT SELECT ON diary.sites TO orion;

-- case: a grant on all tables of a core schema
-- core: schema diary; table diary.sites
-- leave: grant diary.sites
-- expect: core-object-attached
GRANT SELECT ON ALL TABLES IN SCHEMA diary TO orion;

-- case: a grant on all tables of a core schema, with leave for all
-- core: schema diary; table diary.sites
-- leave: grant diary.*
-- expect: none
GRANT SELECT ON ALL TABLES IN SCHEMA diary TO orion;

-- case: a grant on a core function, with leave by its full name
-- core: schema diary; function diary.grade(numeric, text)
-- leave: grant diary.grade(numeric, text)
-- expect: none
GRANT EXECUTE ON FUNCTION diary.grade(numeric, text) TO orion;

-- case: a grant on a database that is called like a core schema
-- core: schema diary; table diary.sites
-- expect: none
GRANT CONNECT ON DATABASE diary TO orion;

-- case: a comment on a core column
-- core: schema diary; table diary.sites; column diary.sites.id
-- expect: core-object-attached
COMMENT ON COLUMN diary.sites.id IS 'what Orion calls a place';

-- case: a comment on the extension's own trigger on a core table
-- core: schema diary; table diary.sites; column diary.sites.id
-- expect: none
COMMENT ON TRIGGER noted ON diary.sites IS 'for Orion';

-- case: a table in a core schema
-- core: schema diary; table diary.sites
-- expect: core-object-attached
CREATE TABLE diary.places (id bigint PRIMARY KEY);

-- case: a table in a core schema with leave, and a column for it
-- core: schema diary; table diary.sites
-- leave: create diary
-- expect: none
CREATE TABLE diary.places (id bigint PRIMARY KEY);
-- then:
ALTER TABLE diary.places ADD COLUMN phone text;

-- case: by search_path a table is made in a core schema
-- core: schema diary; table diary.sites
-- expect: core-object-attached
SET LOCAL search_path = diary, public;
CREATE TABLE places (id bigint PRIMARY KEY);

-- case: a table in public with the name of a core table
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed
CREATE TABLE public.sites (id bigint PRIMARY KEY);

-- case: the same without a schema
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed
CREATE TABLE sites (id bigint PRIMARY KEY);

-- case: by search_path it is made elsewhere
-- core: schema diary; table diary.sites
-- expect: none
SET LOCAL search_path = orion, diary;
CREATE TABLE sites (id bigint PRIMARY KEY);

-- case: SET LOCAL ends with its transaction
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed
BEGIN;
SET LOCAL search_path = orion, diary;
COMMIT;
BEGIN;
CREATE TABLE sites (id bigint PRIMARY KEY);
COMMIT;

-- case: a role's own schema need not be there
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed
SET LOCAL search_path = "$user", public;
CREATE TABLE sites (id bigint PRIMARY KEY);

-- case: a table in another schema with the name of a core table
-- core: schema diary; table diary.sites
-- expect: none
CREATE TABLE orion.sites (id bigint PRIMARY KEY);

-- case: a temporary table with the name of a core table
-- core: schema diary; table diary.sites
-- expect: none
CREATE TEMPORARY TABLE sites (id bigint PRIMARY KEY);
INSERT INTO sites VALUES (1);

-- case: a function does not hide a table
-- core: schema diary; table diary.sites
-- expect: none
CREATE FUNCTION public.sites() RETURNS bigint LANGUAGE sql AS 'SELECT 1';

-- case: a function in public hides the core's
-- core: schema diary; function diary.grade(numeric, text)
-- expect: core-object-shadowed
CREATE FUNCTION public.grade(text) RETURNS text LANGUAGE sql AS 'SELECT $1';

-- case: an enumerated type in public hides the core's
-- core: schema diary; type diary.mood
-- expect: core-object-shadowed
CREATE TYPE mood AS ENUM ('good', 'bad');

-- case: a table of the extension is renamed to the name of a core table
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed rename-table
ALTER TABLE public.places RENAME TO sites;

-- case: a table of the extension is moved in front of a core table
-- core: schema diary; table diary.sites
-- expect: core-object-shadowed
ALTER TABLE orion.sites SET SCHEMA public;

-- case: without a core nothing of this is found
-- expect: none
CREATE TABLE public.sites (id bigint PRIMARY KEY);
COMMENT ON TABLE diary.sites IS 'nobody knows it';

-- case: rows of a core table are loaded
-- core: schema diary; table diary.sites
-- expect: core-object-changed
COPY diary.sites (id) FROM stdin;
1
\.

-- case: rows of the extension's own table are loaded
-- core: schema diary; table diary.sites
-- expect: none
COPY orion.sites (id) FROM stdin;
1
\.
