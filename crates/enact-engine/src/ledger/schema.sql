CREATE SCHEMA enact;
COMMENT ON SCHEMA enact IS 'Change control by Enact: an append-only, hash-chained ledger of every schema change in this database';

CREATE TABLE enact.ledger (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    prev bytea NOT NULL UNIQUE,
    body bytea NOT NULL,
    hash bytea NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    CONSTRAINT ledger_hash_check CHECK (hash = sha256('\x00'::bytea || body))
);
COMMENT ON TABLE enact.ledger IS 'One row per event; never updated, never deleted; written by enact.append alone';
COMMENT ON COLUMN enact.ledger.seq IS 'Position, from the head that append found: no gaps';
COMMENT ON COLUMN enact.ledger.prev IS 'Hash of the entry before; zeros for the first';
COMMENT ON COLUMN enact.ledger.body IS 'Canonical JSON (RFC 8785, restricted); these bytes are hashed';
COMMENT ON COLUMN enact.ledger.hash IS 'SHA-256 of a zero byte and the body: the RFC 6962 leaf hash';
COMMENT ON COLUMN enact.ledger.appended_at IS 'The server''s clock, also inside the body as server_at';

-- Lengths that fit into a page keep it without a TOAST table, whose files take their time to create.
CREATE TABLE enact.lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    run varchar(60) NOT NULL,
    person varchar(200) NOT NULL,
    host varchar(100) NOT NULL,
    command varchar(60) NOT NULL,
    pid integer NOT NULL,
    since timestamp with time zone NOT NULL,
    beat timestamp with time zone NOT NULL
);
COMMENT ON TABLE enact.lease IS 'Tells people who is at work; the advisory lock alone decides';

CREATE TABLE enact.snapshot (
    fingerprint text PRIMARY KEY,
    body text NOT NULL
);
COMMENT ON TABLE enact.snapshot IS 'The schema as the last run left it, so that drift can be shown; its fingerprint stands in the ledger';

CREATE TABLE enact.schema_version (
    version integer PRIMARY KEY,
    installed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    installed_by name NOT NULL DEFAULT session_user
);
COMMENT ON TABLE enact.schema_version IS 'Version of schema enact itself; the highest row is in force';
INSERT INTO enact.schema_version (version) VALUES (1);

CREATE FUNCTION enact.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $refuse$
BEGIN
    RAISE EXCEPTION 'enact.ledger is append-only: % is refused', TG_OP
        USING ERRCODE = 'EN004', HINT = 'A correction is a new entry, made by an enact command.';
END
$refuse$;
COMMENT ON FUNCTION enact.refuse() IS 'Refuses UPDATE, DELETE and TRUNCATE of the ledger';
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON enact.ledger FOR EACH ROW EXECUTE FUNCTION enact.refuse();
CREATE TRIGGER ledger_is_not_truncated BEFORE TRUNCATE ON enact.ledger FOR EACH STATEMENT EXECUTE FUNCTION enact.refuse();
ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_append_only;
ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_not_truncated;

CREATE FUNCTION enact.expect(head bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $expect$
BEGIN
    IF NOT EXISTS (SELECT FROM enact.ledger l WHERE l.seq = head) THEN
        RAISE EXCEPTION 'not begun: the step before it did not come to its record, entry %', head USING ERRCODE = 'EN005';
    END IF;
END
$expect$;
COMMENT ON FUNCTION enact.expect(bigint) IS
    'Ends a step, before its first statement, that was sent behind one that failed';

CREATE FUNCTION enact.append(expected_seq bigint, expected_prev bytea, fence text, entry text,
    OUT hash bytea, OUT server_at text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $append$
#variable_conflict use_variable
DECLARE
    head_seq bigint;
    head_hash bytea;
    instant timestamp with time zone := clock_timestamp();
    stamped bytea;
BEGIN
    IF fence IS NOT NULL AND current_setting('enact.fence', true) IS DISTINCT FROM fence THEN
        RAISE EXCEPTION 'the transaction that Enact opened has ended before its record was written'
            USING ERRCODE = 'EN002', HINT = 'The migration commits or rolls back by itself; see enact validate.';
    END IF;
    -- The run's lock is held on another connection: if this one can have it, that connection is gone.
    IF pg_try_advisory_xact_lock_shared(1701732707, 1) THEN
        RAISE EXCEPTION 'the lock of this run is no longer held' USING ERRCODE = 'EN003';
    END IF;
    SELECT l.seq, l.hash INTO head_seq, head_hash FROM enact.ledger l ORDER BY l.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        head_seq := 0;
        head_hash := decode(repeat('00', 32), 'hex');
    END IF;
    -- Without expected_prev (the entry before is this session's own and was on its way) the number alone decides.
    IF head_seq + 1 <> expected_seq OR head_hash <> expected_prev THEN
        RAISE EXCEPTION 'the ledger has moved: its head is entry %, expected entry %', head_seq, expected_seq - 1
            USING ERRCODE = 'EN001';
    END IF;
    server_at := to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    stamped := convert_to(replace(replace(entry,
        '"server_at":"0000-00-00T00:00:00.000000Z"', '"server_at":"' || server_at || '"'),
        '"prev":"sha256:0000000000000000000000000000000000000000000000000000000000000000"',
        '"prev":"sha256:' || encode(head_hash, 'hex') || '"'), 'UTF8');
    hash := sha256('\x00'::bytea || stamped);
    INSERT INTO enact.ledger (seq, prev, body, hash, appended_at) VALUES (expected_seq, head_hash, stamped, hash, instant);
END
$append$;
COMMENT ON FUNCTION enact.append(bigint, bytea, text, text) IS
    'The only way into the ledger: checks head, lock and transaction, stamps prev and the server''s time, hashes';

CREATE FUNCTION enact.beat(run text, person text, host text, command text, pid integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $beat$
    INSERT INTO enact.lease AS l (run, person, host, command, pid, since, beat)
    VALUES ($1::varchar(60), $2::varchar(200), $3::varchar(100), $4::varchar(60), $5, clock_timestamp(), clock_timestamp())
    ON CONFLICT (one) DO UPDATE SET run = excluded.run, person = excluded.person, host = excluded.host,
        command = excluded.command, pid = excluded.pid, beat = excluded.beat,
        since = CASE WHEN l.run = excluded.run THEN l.since ELSE excluded.since END
$beat$;
COMMENT ON FUNCTION enact.beat(text, text, text, text, integer) IS 'Heartbeat of the run that holds the lock';

CREATE FUNCTION enact.keep(fingerprint text, body text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $keep$
    DELETE FROM enact.snapshot s WHERE s.fingerprint <> $1;
    INSERT INTO enact.snapshot (fingerprint, body) VALUES ($1, $2) ON CONFLICT DO NOTHING;
$keep$;
COMMENT ON FUNCTION enact.keep(text, text) IS 'Keeps the snapshot that belongs to the fingerprint being recorded';

CREATE VIEW enact.entries AS
SELECT l.seq, l.appended_at, j.body ->> 'kind' AS kind, j.body -> 'fact' ->> 'stream' AS stream, (j.body -> 'fact' ->> 'number')::integer AS number,
       j.body -> 'fact' ->> 'name' AS name, j.body -> 'actor' ->> 'person' AS person, j.body -> 'actor' ->> 'role' AS role,
       j.body -> 'actor' ->> 'host' AS host, j.body -> 'tool' ->> 'version' AS tool, j.body ->> 'run' AS run, j.body
FROM enact.ledger l CROSS JOIN LATERAL (SELECT convert_from(l.body, 'UTF8')::jsonb AS body) j;
COMMENT ON VIEW enact.entries IS 'The ledger in readable columns, generated from the hashed bytes';

REVOKE ALL ON SCHEMA enact FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.expect(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.append(bigint, bytea, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.beat(text, text, text, text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.keep(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.refuse() FROM PUBLIC;
