-- =====================================================
-- Rollback: 004 - Add event sourcing
-- =====================================================
-- record_state is emptied, as it was before 004. Nothing is lost by that: each of its rows follows from events, which
-- stay untouched; that it does is checked first, and the rollback refuses where it does not. Events written
-- since 004 stay in the audit trail. Applying 004 again builds the state anew.

BEGIN;

LOCK TABLE diary.record_audit IN SHARE ROW EXCLUSIVE MODE;

DO $$
DECLARE
    different bigint;
BEGIN
    SELECT pg_catalog.count(*) INTO different FROM diary.record_state_differences();
    IF different > 0 THEN
        RAISE EXCEPTION 'Rollback refused: the state of % records does not follow from their events', different
            USING ERRCODE = 'restrict_violation', HINT = 'SELECT * FROM diary.record_state_differences();';
    END IF;
END $$;

-- enact: allow(several-strong-locks) an event must not be taken while the state no longer follows it
DROP TRIGGER record_state_derived_only ON diary.record_state;
DROP TRIGGER record_audit_derive_state ON diary.record_audit;
-- enact: allow(backfill-under-lock) the state can be derived again, and nobody may write it meanwhile
DELETE FROM diary.record_state;
DROP FUNCTION diary.record_event(uuid, uuid, uuid, text, jsonb, uuid, text, timestamptz, text, uuid, jsonb, text, text,
    integer);
DROP FUNCTION diary.refuse_direct_write();
DROP FUNCTION diary.apply_event();
DROP FUNCTION diary.record_state_differences();
DROP FUNCTION diary.project_records();
COMMENT ON TABLE diary.record_state IS 'Current state of each record, derived from record_audit; filled from migration 004 on';

DO $$
BEGIN
    IF EXISTS (SELECT FROM diary.record_state) THEN
        RAISE EXCEPTION 'Rollback failed: diary.record_state is not empty';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_proc
               WHERE pronamespace = 'diary'::regnamespace
                 AND proname NOT IN ('refuse_change', 'current_identity')) THEN
        RAISE EXCEPTION 'Rollback failed: functions of 004 are still there';
    END IF;
END $$;

COMMIT;
