-- =====================================================
-- Migration: 005 - Add tamper detection
-- Ticket: DIARY-105
-- Author: Clinical Diary core team
-- Date: 2025-12-02
-- =====================================================
-- Purpose:
-- One hash chain over all events: each entry holds the SHA-256 of the entry before it and of the event's whole
-- content, so that an altered, removed, inserted or reordered event shows. verify_record_audit() names what is wrong.
-- Dependencies: core >= 004
-- Impact: Every INSERT into diary.record_audit appends to diary.record_audit_chain; writers of events take turns from
--   their first event to their commit.
-- Risk: Medium - adds a trigger to insert operations; a long transaction that writes events makes the others wait.
-- Downtime: Writes of events wait while the existing ones are hashed (about a minute per million); reads go on.
-- Compliance: 21 CFR 11.10(c) and (e): protection of records. record_audit itself is not touched: hashes stand in a table
--   beside it. A chain shows tampering only to those who keep its head elsewhere: note record_audit_chain_head regularly
--   outside the database and give it to verify_record_audit(). The rollback refuses once an event was chained as it came.

LOCK TABLE diary.record_audit IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE diary.record_audit_chain (
    seq           bigint CONSTRAINT record_audit_chain_pkey PRIMARY KEY,
    audit_id      bigint NOT NULL CONSTRAINT record_audit_chain_audit_id_key UNIQUE
        CONSTRAINT record_audit_chain_audit_id_fkey REFERENCES diary.record_audit (audit_id),
    previous_hash bytea NOT NULL CONSTRAINT record_audit_chain_no_fork UNIQUE,
    hash          bytea NOT NULL,
    backfilled    boolean NOT NULL,
    CONSTRAINT record_audit_chain_seq_positive CHECK (seq > 0),
    CONSTRAINT record_audit_chain_hash_size
        CHECK (pg_catalog.octet_length(hash) = 32 AND pg_catalog.octet_length(previous_hash) = 32)
);
COMMENT ON TABLE diary.record_audit_chain IS 'Hash chain over record_audit, in the order in which events were committed';
COMMENT ON COLUMN diary.record_audit_chain.hash IS 'SHA-256 of previous_hash followed by diary.event_text() in UTF-8';
COMMENT ON COLUMN diary.record_audit_chain.backfilled
    IS 'True: the event is older than the chain, so the hash says nothing of the time before migration 005';

CREATE TABLE diary.record_audit_chain_head (
    singleton boolean CONSTRAINT record_audit_chain_head_pkey PRIMARY KEY DEFAULT true,
    last_seq  bigint NOT NULL,
    last_hash bytea NOT NULL,
    CONSTRAINT record_audit_chain_head_single CHECK (singleton)
);
COMMENT ON TABLE diary.record_audit_chain_head IS 'End of the chain; its row lock makes writers of events take turns';
INSERT INTO diary.record_audit_chain_head (last_seq, last_hash)
VALUES (0, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex'));

-- The columns are named and the form has a version: a column added later does not change the hashes of old events.
-- Times in UTC with microseconds: the text of a timestamp would follow the session's TimeZone and DateStyle.
CREATE FUNCTION diary.event_text(event diary.record_audit) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_array(
        'record_audit/1', event.audit_id, event.event_id, event.record_id, event.participant_id, event.event_type,
        event.payload, to_char(event.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        event.actor_id, event.actor_role,
        to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        event.source, event.session_id, event.device_info, event.app_version, event.change_reason, event.database_role
    )::text
$$;
COMMENT ON FUNCTION diary.event_text(diary.record_audit) IS 'The text of an event that is hashed, form 1';

-- Commits in the order of seq: the row lock on the head lasts until commit. Its trigger's name sorts before
-- record_audit_derive_state, so every writer takes the head before it takes a record: no deadlock between the two.
CREATE FUNCTION diary.chain_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head diary.record_audit_chain_head;
    new_hash bytea;
BEGIN
    -- FOR UPDATE: under READ COMMITTED the newest head is read; under REPEATABLE READ a stale one raises 40001.
    SELECT h.* INTO STRICT head FROM diary.record_audit_chain_head AS h FOR UPDATE;
    new_hash := sha256(head.last_hash || convert_to(diary.event_text(NEW), 'UTF8'));
    INSERT INTO diary.record_audit_chain (seq, audit_id, previous_hash, hash, backfilled)
    VALUES (head.last_seq + 1, NEW.audit_id, head.last_hash, new_hash, false);
    UPDATE diary.record_audit_chain_head SET last_seq = head.last_seq + 1, last_hash = new_hash;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION diary.chain_event() IS 'Appends a new event to the hash chain';

-- Runs as the owner: through the policies of the caller it would see a part of the events and call that part whole.
CREATE FUNCTION diary.verify_record_audit(known_seq bigint DEFAULT NULL, known_hash bytea DEFAULT NULL)
RETURNS TABLE (seq bigint, audit_id bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH link AS (
        SELECT c.seq, c.audit_id, c.previous_hash, c.hash,
               lag(c.seq, 1, 0::bigint) OVER w AS seq_before,
               lag(c.hash, 1, decode(repeat('00', 32), 'hex')) OVER w AS hash_before
        FROM diary.record_audit_chain AS c
        WINDOW w AS (ORDER BY c.seq)
    )
    SELECT l.seq, l.audit_id, 'entries missing before this one' FROM link AS l WHERE l.seq <> l.seq_before + 1
    UNION ALL
    SELECT l.seq, l.audit_id, 'does not follow the entry before' FROM link AS l WHERE l.previous_hash <> l.hash_before
    UNION ALL
    SELECT l.seq, l.audit_id, CASE WHEN a.audit_id IS NULL THEN 'event removed' ELSE 'event altered' END
    FROM link AS l LEFT JOIN diary.record_audit AS a ON a.audit_id = l.audit_id
    WHERE l.hash IS DISTINCT FROM sha256(l.previous_hash || convert_to(diary.event_text(a), 'UTF8'))
    UNION ALL
    SELECT NULL, a.audit_id, 'event not in the chain'
    FROM diary.record_audit AS a
    WHERE NOT EXISTS (SELECT FROM link AS l WHERE l.audit_id = a.audit_id)
    UNION ALL
    SELECT h.last_seq, NULL, 'chain does not end at its head'
    FROM (SELECT true AS wanted) AS one
    LEFT JOIN diary.record_audit_chain_head AS h ON true
    WHERE (h.last_seq, h.last_hash) IS DISTINCT FROM
          (coalesce((SELECT max(l.seq) FROM link AS l), 0),
           coalesce((SELECT l.hash FROM link AS l ORDER BY l.seq DESC LIMIT 1), decode(repeat('00', 32), 'hex')))
    UNION ALL
    SELECT known_seq, NULL, 'differs from the known head'
    WHERE known_seq > 0
      AND known_hash IS DISTINCT FROM (SELECT l.hash FROM link AS l WHERE l.seq = known_seq)
$$;
COMMENT ON FUNCTION diary.verify_record_audit(bigint, bytea)
    IS 'What is wrong with the audit trail, given a head noted earlier outside the database; no row is the good answer';

-- Events written before this migration, in the order of their numbers.
DO $$
DECLARE
    event diary.record_audit;
    position bigint := 0;
    before bytea := pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
    after bytea;
BEGIN
    FOR event IN SELECT a.* FROM diary.record_audit AS a ORDER BY a.audit_id LOOP
        position := position + 1;
        after := pg_catalog.sha256(before || pg_catalog.convert_to(diary.event_text(event), 'UTF8'));
        INSERT INTO diary.record_audit_chain (seq, audit_id, previous_hash, hash, backfilled)
        VALUES (position, event.audit_id, before, after, true);
        before := after;
    END LOOP;
    UPDATE diary.record_audit_chain_head SET last_seq = position, last_hash = before;
END $$;

CREATE TRIGGER record_audit_chain_event
    AFTER INSERT ON diary.record_audit
    FOR EACH ROW EXECUTE FUNCTION diary.chain_event();
CREATE TRIGGER record_audit_chain_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON diary.record_audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION diary.refuse_change();
CREATE TRIGGER record_audit_chain_derived_only
    BEFORE INSERT ON diary.record_audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION diary.refuse_direct_write();
CREATE TRIGGER record_audit_chain_head_derived_only
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON diary.record_audit_chain_head
    FOR EACH STATEMENT EXECUTE FUNCTION diary.refuse_direct_write();
ALTER TABLE diary.record_audit ENABLE ALWAYS TRIGGER record_audit_chain_event;
ALTER TABLE diary.record_audit_chain ENABLE ALWAYS TRIGGER record_audit_chain_append_only;
ALTER TABLE diary.record_audit_chain ENABLE ALWAYS TRIGGER record_audit_chain_derived_only;
ALTER TABLE diary.record_audit_chain_head ENABLE ALWAYS TRIGGER record_audit_chain_head_derived_only;

REVOKE ALL ON TABLE diary.record_audit_chain, diary.record_audit_chain_head FROM PUBLIC;
REVOKE ALL ON FUNCTION diary.event_text(diary.record_audit), diary.chain_event(),
    diary.verify_record_audit(bigint, bytea) FROM PUBLIC;
GRANT SELECT ON diary.record_audit_chain, diary.record_audit_chain_head TO diary_auditor;
GRANT EXECUTE ON FUNCTION diary.verify_record_audit(bigint, bytea) TO diary_auditor;
ALTER TABLE diary.record_audit_chain ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.record_audit_chain_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY record_audit_chain_auditor ON diary.record_audit_chain FOR SELECT TO diary_auditor USING (true);
CREATE POLICY record_audit_chain_head_auditor ON diary.record_audit_chain_head FOR SELECT TO diary_auditor USING (true);

-- Verify: every event is chained, the chain holds, and it cannot be switched off by session_replication_role.
DO $$
DECLARE
    problems bigint;
    guards bigint;
BEGIN
    SELECT pg_catalog.count(*) INTO problems FROM diary.verify_record_audit();
    IF problems > 0 THEN
        RAISE EXCEPTION 'Migration failed: the new chain has % problems', problems;
    END IF;
    SELECT pg_catalog.count(*) INTO guards
    FROM pg_catalog.pg_trigger
    WHERE tgenabled = 'A'
      AND (tgrelid, tgname) IN (
          ('diary.record_audit'::regclass, 'record_audit_chain_event'),
          ('diary.record_audit_chain'::regclass, 'record_audit_chain_append_only'),
          ('diary.record_audit_chain'::regclass, 'record_audit_chain_derived_only'),
          ('diary.record_audit_chain_head'::regclass, 'record_audit_chain_head_derived_only'));
    IF guards <> 4 THEN
        RAISE EXCEPTION 'Migration failed: % of 4 triggers are in place', guards;
    END IF;
END $$;
