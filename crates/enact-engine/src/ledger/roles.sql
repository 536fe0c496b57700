DO $roles$
DECLARE
    wanted text;
    may boolean := (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user);
BEGIN
    FOREACH wanted IN ARRAY ARRAY['enact_owner', 'enact_writer', 'enact_reader'] LOOP
        BEGIN
            IF may AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this cluster is being installed at the same moment
        END;
    END LOOP;
    IF (SELECT count(*) FROM pg_roles WHERE rolname IN ('enact_owner', 'enact_writer', 'enact_reader')) < 3 THEN
        RETURN; -- nobody made the roles yet: the installing role keeps everything, and verify says so
    END IF;
    GRANT USAGE ON SCHEMA enact TO enact_reader, enact_writer;
    GRANT SELECT ON enact.ledger, enact.lease, enact.snapshot, enact.schema_version, enact.backfill, enact.entries TO enact_reader, enact_writer;
    GRANT EXECUTE ON FUNCTION enact.expect(bigint) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.append(bigint, bytea, text, text) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.beat(text, text, text, text, integer) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.keep(text, text) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.backfill_begin(text, integer, text, integer, text, text, text, bigint) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.backfill_advance(text, integer, text, integer, text, text, integer, bigint, bigint) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.backfill_end(text, integer, text, integer) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.backfill_pause(text) TO enact_writer;
    GRANT EXECUTE ON FUNCTION enact.backfill_settled(boolean) TO enact_writer;
    BEGIN
        -- From PostgreSQL 16 on, who creates a role is a member that may grant it, but may neither become it nor use it.
        IF NOT pg_has_role(current_user, 'enact_owner',
                           CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
            EXECUTE format('GRANT enact_owner TO %I', current_user);
        END IF;
        IF NOT pg_has_role(current_user, 'enact_writer', 'USAGE') THEN
            EXECUTE format('GRANT enact_writer TO %I', current_user);
        END IF;
        GRANT CREATE ON SCHEMA enact TO enact_owner;
        ALTER VIEW enact.entries OWNER TO enact_owner;
        ALTER TABLE enact.schema_version OWNER TO enact_owner;
        ALTER TABLE enact.lease OWNER TO enact_owner;
        ALTER TABLE enact.backfill OWNER TO enact_owner;
        ALTER TABLE enact.snapshot OWNER TO enact_owner;
        ALTER TABLE enact.ledger OWNER TO enact_owner;
        ALTER FUNCTION enact.backfill_begin(text, integer, text, integer, text, text, text, bigint) OWNER TO enact_owner;
        ALTER FUNCTION enact.backfill_advance(text, integer, text, integer, text, text, integer, bigint, bigint) OWNER TO enact_owner;
        ALTER FUNCTION enact.backfill_end(text, integer, text, integer) OWNER TO enact_owner;
        ALTER FUNCTION enact.backfill_pause(text) OWNER TO enact_owner;
        ALTER FUNCTION enact.backfill_settled(boolean) OWNER TO enact_owner;
        ALTER FUNCTION enact.keep(text, text) OWNER TO enact_owner;
        ALTER FUNCTION enact.beat(text, text, text, text, integer) OWNER TO enact_owner;
        ALTER FUNCTION enact.append(bigint, bytea, text, text) OWNER TO enact_owner;
        ALTER FUNCTION enact.expect(bigint) OWNER TO enact_owner;
        ALTER FUNCTION enact.refuse() OWNER TO enact_owner;
        ALTER SCHEMA enact OWNER TO enact_owner;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('REVOKE enact_owner FROM %I', current_user);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- the roles belong to someone else: the installing role keeps schema enact, and verify says so
    END;
END
$roles$;
