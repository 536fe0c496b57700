CREATE TABLE enact.backfill (
    stream text,
    number integer,
    direction text,
    segment integer,
    digest text NOT NULL,
    walk text NOT NULL,
    place text,
    pass integer NOT NULL DEFAULT 1,
    last text,
    estimate bigint,
    walked bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    begun_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    moved_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    done_at timestamp with time zone,
    paused_by text,
    paused_at timestamp with time zone,
    PRIMARY KEY (stream, number, direction, segment)
) WITH (fillfactor = 20);
COMMENT ON TABLE enact.backfill IS 'How far each statement in batches has come: written in the transaction of the batch';
COMMENT ON COLUMN enact.backfill.walk IS 'The table and the key by which its rows are walked';
COMMENT ON COLUMN enact.backfill.place IS 'Key of the last row that is done, as JSON; NULL before the first batch of a pass';
COMMENT ON COLUMN enact.backfill.last IS 'Key of the last row there was when the pass began: later ones are not walked';
COMMENT ON COLUMN enact.backfill.estimate IS 'Rows to walk, as the planner estimated them';

CREATE FUNCTION enact.backfill_begin(stream text, number integer, direction text, segment integer, digest text, walk text, last text, estimate bigint)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backfill_begin$
    DELETE FROM enact.backfill b WHERE (b.stream, b.number, b.direction, b.segment) = ($1, $2, $3, $4);
    INSERT INTO enact.backfill (stream, number, direction, segment, digest, walk, last, estimate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
$backfill_begin$;
COMMENT ON FUNCTION enact.backfill_begin(text, integer, text, integer, text, text, text, bigint) IS 'Notes that a statement in batches begins';

CREATE FUNCTION enact.backfill_advance(stream text, number integer, direction text, segment integer, place text, next text, pass integer,
    walked bigint, changed bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backfill_advance$
BEGIN
    -- The run's lock is held on another connection: if this one can have it, that connection is gone.
    IF pg_try_advisory_xact_lock_shared(1701732707, 1) THEN
        RAISE EXCEPTION 'the lock of this run is no longer held' USING ERRCODE = 'EN003';
    END IF;
    UPDATE enact.backfill b SET place = $6, pass = $7, walked = b.walked + $8, changed = b.changed + $9, batches = b.batches + 1,
        moved_at = clock_timestamp()
    WHERE (b.stream, b.number, b.direction, b.segment) = ($1, $2, $3, $4) AND b.place IS NOT DISTINCT FROM $5 AND b.done_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the backfill is not where this batch begins' USING ERRCODE = 'EN006';
    END IF;
END
$backfill_advance$;
COMMENT ON FUNCTION enact.backfill_advance(text, integer, text, integer, text, text, integer, bigint, bigint) IS
    'Moves the place of a statement in batches, in the transaction of the batch';

CREATE FUNCTION enact.backfill_end(stream text, number integer, direction text, segment integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backfill_end$
    UPDATE enact.backfill b SET done_at = clock_timestamp(), paused_by = NULL, paused_at = NULL
    WHERE (b.stream, b.number, b.direction, b.segment) = ($1, $2, $3, $4)
$backfill_end$;
COMMENT ON FUNCTION enact.backfill_end(text, integer, text, integer) IS 'Notes that a statement in batches is done';

CREATE FUNCTION enact.backfill_pause(person text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backfill_pause$
    WITH asked AS (
        UPDATE enact.backfill b SET paused_by = $1, paused_at = CASE WHEN $1 IS NULL THEN NULL ELSE clock_timestamp() END
        WHERE b.done_at IS NULL AND (b.paused_by IS NULL) <> ($1 IS NULL) RETURNING 1
    )
    SELECT count(*) FROM asked
$backfill_pause$;
COMMENT ON FUNCTION enact.backfill_pause(text) IS 'Holds what runs in batches, or lets it go on when nobody is named; answers with how many';

CREATE FUNCTION enact.backfill_settled(still boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backfill_settled$
BEGIN
    IF still THEN
        RAISE EXCEPTION 'a row still satisfies the condition after it was changed, and would be changed again'
            USING ERRCODE = 'EN007', HINT = 'The table has no key to walk by: give it one, or write a WHERE that a done row no longer satisfies.';
    END IF;
END
$backfill_settled$;
COMMENT ON FUNCTION enact.backfill_settled(boolean) IS 'Ends a batch on a table without a key that would do a row twice';

REVOKE ALL ON FUNCTION enact.backfill_begin(text, integer, text, integer, text, text, text, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.backfill_advance(text, integer, text, integer, text, text, integer, bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.backfill_end(text, integer, text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.backfill_pause(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION enact.backfill_settled(boolean) FROM PUBLIC;
INSERT INTO enact.schema_version (version) VALUES (2);
