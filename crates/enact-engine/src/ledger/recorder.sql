CREATE TABLE IF NOT EXISTS enact.ddl (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    xid bigint NOT NULL,
    tag text NOT NULL,
    dropped boolean NOT NULL,
    object_type text,
    object text,
    login name NOT NULL,
    role name NOT NULL,
    application text,
    client inet,
    pid integer NOT NULL
);
COMMENT ON TABLE enact.ddl IS 'Who changed the schema outside Enact''s runs: never the statement''s text; written by the recorder''s event triggers alone';
COMMENT ON COLUMN enact.ddl.login IS 'Role that logged in';
COMMENT ON COLUMN enact.ddl.role IS 'Role that was set, else the same';
COMMENT ON COLUMN enact.ddl.object IS 'Name of the object, as PostgreSQL identifies it; grants do not tell theirs';

CREATE OR REPLACE FUNCTION enact.refuse_ddl() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $refuse_ddl$
BEGIN
    RAISE EXCEPTION 'enact.ddl is append-only: % is refused', TG_OP USING ERRCODE = 'EN004';
END
$refuse_ddl$;
COMMENT ON FUNCTION enact.refuse_ddl() IS 'Refuses UPDATE, DELETE and TRUNCATE of what the recorder wrote';
DROP TRIGGER IF EXISTS ddl_is_append_only ON enact.ddl;
DROP TRIGGER IF EXISTS ddl_is_not_truncated ON enact.ddl;
CREATE TRIGGER ddl_is_append_only BEFORE UPDATE OR DELETE ON enact.ddl FOR EACH ROW EXECUTE FUNCTION enact.refuse_ddl();
CREATE TRIGGER ddl_is_not_truncated BEFORE TRUNCATE ON enact.ddl FOR EACH STATEMENT EXECUTE FUNCTION enact.refuse_ddl();
ALTER TABLE enact.ddl ENABLE ALWAYS TRIGGER ddl_is_append_only;
ALTER TABLE enact.ddl ENABLE ALWAYS TRIGGER ddl_is_not_truncated;

CREATE OR REPLACE FUNCTION enact.within_run() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $within_run$
DECLARE
    here CONSTANT oid := (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
BEGIN
    -- A run's connection that works holds the second lock for as long as the run lasts, another one of the run the first.
    IF (SELECT count(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ExclusiveLock' AND l.database = here
        AND l.classid = 1701732707 AND l.objsubid = 2 AND (l.objid = 2 AND l.pid = pg_backend_pid() OR l.objid = 1 AND l.pid <> pg_backend_pid())) <> 2 THEN
        RETURN false;
    END IF;
    -- Anybody can take locks; only a run writes that it has begun.
    RETURN coalesce((SELECT convert_from(l.body, 'UTF8')::jsonb ->> 'kind' <> 'run.finished' FROM enact.ledger l ORDER BY l.seq DESC LIMIT 1), false);
END
$within_run$;
COMMENT ON FUNCTION enact.within_run() IS 'Whether this session is the one in which a run of Enact works';

CREATE OR REPLACE FUNCTION enact.note_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $note_ddl$
BEGIN
    IF TG_TAG IN ('REFRESH MATERIALIZED VIEW', 'REINDEX') OR enact.within_run() THEN
        RETURN;
    END IF;
    INSERT INTO enact.ddl (xid, tag, dropped, object_type, object, login, role, application, client, pid)
    SELECT pg_current_xact_id()::text::bigint, c.command_tag, false, c.object_type, c.object_identity, session_user,
           coalesce(nullif(current_setting('role'), 'none'), session_user), current_setting('application_name'), inet_client_addr(), pg_backend_pid()
    FROM pg_event_trigger_ddl_commands() c
    WHERE NOT c.in_extension AND c.schema_name IS DISTINCT FROM 'pg_temp' LIMIT 1000;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'enact could not record who changed the schema: % (%)', SQLERRM, SQLSTATE;
END
$note_ddl$;
COMMENT ON FUNCTION enact.note_ddl() IS 'Records who created or altered something outside Enact''s runs; never makes a command fail';

CREATE OR REPLACE FUNCTION enact.note_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $note_drop$
BEGIN
    IF TG_TAG = 'REFRESH MATERIALIZED VIEW' OR enact.within_run() THEN
        RETURN;
    END IF;
    INSERT INTO enact.ddl (xid, tag, dropped, object_type, object, login, role, application, client, pid)
    SELECT pg_current_xact_id()::text::bigint, TG_TAG, true, d.object_type, d.object_identity, session_user,
           coalesce(nullif(current_setting('role'), 'none'), session_user), current_setting('application_name'), inet_client_addr(), pg_backend_pid()
    FROM pg_event_trigger_dropped_objects() d
    WHERE NOT d.is_temporary AND d.schema_name IS DISTINCT FROM 'pg_toast' AND d.object_type NOT IN ('type', 'default value') LIMIT 1000;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'enact could not record who changed the schema: % (%)', SQLERRM, SQLSTATE;
END
$note_drop$;
COMMENT ON FUNCTION enact.note_drop() IS 'Records who dropped something outside Enact''s runs; never makes a command fail';

REVOKE ALL ON FUNCTION enact.refuse_ddl() FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.within_run() FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.note_ddl() FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.note_drop() FROM PUBLIC;

DO $owner$
DECLARE
    owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = 'enact.ledger'::regclass);
BEGIN
    EXECUTE format('ALTER TABLE enact.ddl OWNER TO %I', owner);
    EXECUTE format('ALTER FUNCTION enact.refuse_ddl() OWNER TO %I', owner);
    EXECUTE format('ALTER FUNCTION enact.within_run() OWNER TO %I', owner);
    EXECUTE format('ALTER FUNCTION enact.note_ddl() OWNER TO %I', owner);
    EXECUTE format('ALTER FUNCTION enact.note_drop() OWNER TO %I', owner);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'enact_reader') THEN
        GRANT SELECT ON enact.ddl TO enact_reader;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'enact_writer') THEN
        GRANT SELECT ON enact.ddl TO enact_writer;
    END IF;
END
$owner$;

CREATE EVENT TRIGGER enact_ddl ON ddl_command_end EXECUTE FUNCTION enact.note_ddl();
CREATE EVENT TRIGGER enact_drop ON sql_drop EXECUTE FUNCTION enact.note_drop();
ALTER EVENT TRIGGER enact_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER enact_drop ENABLE ALWAYS;
