-- =====================================================
-- Migration: 004 - Add event sourcing
-- Ticket: DIARY-104
-- Author: Clinical Diary core team
-- Date: 2025-11-18
-- =====================================================
-- Purpose:
-- record_state follows from record_audit alone: a trigger applies each event (create, update, withdraw), counts versions
-- and refuses impossible events; record_event() stores an event once however often it is sent.
-- Dependencies: core >= 003
-- Impact: INSERT into diary.record_audit also writes diary.record_state. Direct writes to record_state are refused.
-- Risk: Medium - adds triggers to insert operations; an event that breaks the order of a record is now refused.
-- Downtime: Writes of events wait while record_state is built from the existing ones (40 s per million); reads go on.
-- Compliance: The audit trail stays the one source; the state can be compared with it at any time
--   (diary.record_state_differences()). No event is altered.

BEGIN;

-- No event may slip in between building the state and the trigger that keeps it.
LOCK TABLE diary.record_audit, diary.record_state IN SHARE ROW EXCLUSIVE MODE;

DO $$
BEGIN
    IF EXISTS (SELECT FROM diary.record_state) THEN
        RAISE EXCEPTION 'Migration failed: diary.record_state holds rows that were not derived from events';
    END IF;
END $$;

-- The state each record ought to have, from its events alone.
CREATE FUNCTION diary.project_records()
RETURNS TABLE (record_id uuid, participant_id uuid, version integer, status text, payload jsonb, last_audit_id bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT ON (a.record_id)
           a.record_id,
           a.participant_id,
           (count(*) OVER (PARTITION BY a.record_id))::integer,
           CASE a.event_type WHEN 'withdraw' THEN 'withdrawn' ELSE 'active' END,
           CASE a.event_type
               WHEN 'withdraw' THEN coalesce(
                   (SELECT b.payload FROM diary.record_audit AS b
                    WHERE b.record_id = a.record_id AND b.event_type <> 'withdraw'
                    ORDER BY b.audit_id DESC LIMIT 1), a.payload)
               ELSE a.payload
           END,
           a.audit_id
    FROM diary.record_audit AS a
    ORDER BY a.record_id, a.audit_id DESC
$$;
COMMENT ON FUNCTION diary.project_records() IS 'State of every record as its events say';

CREATE FUNCTION diary.record_state_differences() RETURNS TABLE (record_id uuid, difference text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(p.record_id, s.record_id),
           CASE WHEN s.record_id IS NULL THEN 'state missing'
                WHEN p.record_id IS NULL THEN 'state without events'
                ELSE 'state differs from events' END
    FROM diary.project_records() AS p
    FULL JOIN diary.record_state AS s ON s.record_id = p.record_id
    WHERE (p.participant_id, p.version, p.status, p.payload, p.last_audit_id)
          IS DISTINCT FROM (s.participant_id, s.version, s.status, s.payload, s.last_audit_id)
$$;
COMMENT ON FUNCTION diary.record_state_differences() IS 'Records whose state does not follow from their events; no row is the good answer';

-- Runs as the owner: clients have no right to write record_state.
CREATE FUNCTION diary.apply_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    current_state diary.record_state;
BEGIN
    IF NEW.event_type = 'create' THEN
        INSERT INTO diary.record_state (record_id, participant_id, version, status, payload, last_audit_id)
        VALUES (NEW.record_id, NEW.participant_id, 1, 'active', NEW.payload, NEW.audit_id)
        ON CONFLICT (record_id) DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'record % exists already', NEW.record_id USING ERRCODE = 'unique_violation';
        END IF;
        RETURN NULL;
    END IF;

    SELECT s.* INTO current_state FROM diary.record_state AS s WHERE s.record_id = NEW.record_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'record % does not exist', NEW.record_id USING ERRCODE = 'foreign_key_violation';
    ELSIF current_state.participant_id <> NEW.participant_id THEN
        RAISE EXCEPTION 'record % belongs to another participant', NEW.record_id USING ERRCODE = 'check_violation';
    ELSIF current_state.status = 'withdrawn' THEN
        RAISE EXCEPTION 'record % is withdrawn', NEW.record_id USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF current_state.last_audit_id > NEW.audit_id THEN
        -- Two writers of one record: this event got its number first and waited for the other. Applied now it would
        -- stand before that one in the trail and after it in the state.
        RAISE EXCEPTION 'record % was changed meanwhile', NEW.record_id
            USING ERRCODE = 'serialization_failure', HINT = 'Send the event again.';
    END IF;

    UPDATE diary.record_state AS s
    SET version = s.version + 1,
        status = CASE NEW.event_type WHEN 'withdraw' THEN 'withdrawn' ELSE 'active' END,
        payload = CASE NEW.event_type WHEN 'withdraw' THEN s.payload ELSE NEW.payload END,
        last_audit_id = NEW.audit_id
    WHERE s.record_id = NEW.record_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION diary.apply_event() IS 'Derives diary.record_state from a new event';

-- Only diary.apply_event() writes, and it runs inside a trigger: depth 2. A statement of anyone else arrives at depth 1.
CREATE FUNCTION diary.refuse_direct_write() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') AND pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% is derived from events: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Append an event to diary.record_audit.';
END $$;
COMMENT ON FUNCTION diary.refuse_direct_write() IS 'Refuses writes to a derived table that do not come from an event';

-- Stores an event once. The same event again returns its number; another content under the same event_id is refused.
-- expected_version is the version the client had seen: a change of something newer is refused, not lost.
CREATE FUNCTION diary.record_event(
    event_id uuid, record_id uuid, participant_id uuid, event_type text, payload jsonb,
    actor_id uuid, actor_role text, occurred_at timestamptz, source text, session_id uuid,
    device_info jsonb DEFAULT NULL, app_version text DEFAULT NULL, change_reason text DEFAULT NULL,
    expected_version integer DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    known diary.record_audit;
    version_before integer;
BEGIN
    SELECT a.* INTO known FROM diary.record_audit AS a WHERE a.event_id = record_event.event_id;
    IF NOT FOUND THEN
        INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role,
                                        occurred_at, source, session_id, device_info, app_version, change_reason)
        VALUES (record_event.event_id, record_event.record_id, record_event.participant_id, record_event.event_type,
                record_event.payload, record_event.actor_id, record_event.actor_role, record_event.occurred_at,
                record_event.source, record_event.session_id, record_event.device_info, record_event.app_version,
                record_event.change_reason)
        ON CONFLICT (event_id) DO NOTHING;
        -- Looked at after the trigger has locked and advanced the record: looked at before, two clients that
        -- had both seen the same version would both pass.
        IF FOUND AND record_event.expected_version IS NOT NULL THEN
            SELECT s.version - 1 INTO version_before FROM diary.record_state AS s
            WHERE s.record_id = record_event.record_id;
            IF record_event.expected_version <> version_before THEN
                RAISE EXCEPTION 'record % has version %, not %', record_event.record_id, version_before,
                    record_event.expected_version
                    USING ERRCODE = 'serialization_failure', HINT = 'Read the record again and decide anew.';
            END IF;
        END IF;
        -- Read back also what another session has stored meanwhile under the same event_id.
        SELECT a.* INTO known FROM diary.record_audit AS a WHERE a.event_id = record_event.event_id;
    END IF;

    IF (known.record_id, known.participant_id, known.event_type, known.payload, known.actor_id, known.actor_role,
        known.occurred_at, known.source, known.change_reason)
       IS DISTINCT FROM
       (record_event.record_id, record_event.participant_id, record_event.event_type, record_event.payload,
        record_event.actor_id, record_event.actor_role, record_event.occurred_at, record_event.source,
        record_event.change_reason) THEN
        RAISE EXCEPTION 'event % is stored already with another content', record_event.event_id
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN known.audit_id;
END $$;
COMMENT ON FUNCTION diary.record_event(uuid, uuid, uuid, text, jsonb, uuid, text, timestamptz, text, uuid, jsonb, text,
    text, integer) IS 'Stores an event once and returns its audit_id; runs with the caller''s rights and policies';

REVOKE ALL ON FUNCTION diary.project_records(), diary.record_state_differences(), diary.apply_event(),
    diary.refuse_direct_write() FROM PUBLIC;
REVOKE ALL ON FUNCTION diary.record_event(uuid, uuid, uuid, text, jsonb, uuid, text, timestamptz, text, uuid, jsonb, text,
    text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION diary.project_records(), diary.record_state_differences() TO diary_auditor;
GRANT EXECUTE ON FUNCTION diary.record_event(uuid, uuid, uuid, text, jsonb, uuid, text, timestamptz, text, uuid, jsonb,
    text, text, integer) TO diary_participant, diary_investigator;

INSERT INTO diary.record_state (record_id, participant_id, version, status, payload, last_audit_id)
SELECT p.record_id, p.participant_id, p.version, p.status, p.payload, p.last_audit_id
FROM diary.project_records() AS p;

CREATE TRIGGER record_audit_derive_state
    AFTER INSERT ON diary.record_audit
    FOR EACH ROW EXECUTE FUNCTION diary.apply_event();
CREATE TRIGGER record_state_derived_only
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON diary.record_state
    FOR EACH STATEMENT EXECUTE FUNCTION diary.refuse_direct_write();
ALTER TABLE diary.record_audit ENABLE ALWAYS TRIGGER record_audit_derive_state;
ALTER TABLE diary.record_state ENABLE ALWAYS TRIGGER record_state_derived_only;

COMMENT ON TABLE diary.record_state IS 'Current state of each record, derived from record_audit by trigger';

-- Verify: the triggers stand, and the state is what the events say.
DO $$
DECLARE
    found integer;
BEGIN
    SELECT pg_catalog.count(*) INTO found
    FROM pg_catalog.pg_trigger
    WHERE tgenabled = 'A'
      AND (tgrelid, tgname) IN (('diary.record_audit'::regclass, 'record_audit_derive_state'),
                                ('diary.record_state'::regclass, 'record_state_derived_only'));
    IF found <> 2 THEN
        RAISE EXCEPTION 'Migration failed: % of 2 triggers are in place', found;
    END IF;
    SELECT pg_catalog.count(*) INTO found FROM diary.record_state_differences();
    IF found > 0 THEN
        RAISE EXCEPTION 'Migration failed: the state of % records does not follow from their events', found;
    END IF;
END $$;

COMMIT;
