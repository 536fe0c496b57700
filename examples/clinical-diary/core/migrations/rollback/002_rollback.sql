-- =====================================================
-- Rollback: 002 - Add audit metadata
-- =====================================================
-- Drops the metadata columns and their checks, if no event carries metadata. An event that does is part of the audit
-- trail: dropping its columns would destroy who did it, when and why. Then this rollback refuses and changes nothing.
-- The way on is a forward migration that corrects what is wrong with 002, or a decision, documented and signed
-- in a change request, to move the metadata to an archive first.

BEGIN;

-- Nobody may add an event between the look and the drop.
LOCK TABLE diary.record_audit IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    carrying bigint;
BEGIN
    SELECT pg_catalog.count(*) INTO carrying
    FROM diary.record_audit
    WHERE pg_catalog.num_nonnulls(actor_id, actor_role, occurred_at, source, session_id, device_info, app_version,
                                  change_reason, database_role) > 0;
    IF carrying > 0 THEN
        RAISE EXCEPTION 'Rollback refused: % events carry audit metadata that would be destroyed', carrying
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Correct 002 by a forward migration, or archive the metadata under a change request first.';
    END IF;
END $$;

-- enact: allow(audit-immutable) refused above as soon as one event carries metadata
ALTER TABLE diary.record_audit
    DROP CONSTRAINT record_audit_device_info_object,
    DROP CONSTRAINT record_audit_source_known,
    DROP CONSTRAINT record_audit_actor_role_known,
    DROP CONSTRAINT record_audit_change_explained,
    DROP CONSTRAINT record_audit_contemporaneous,
    DROP CONSTRAINT record_audit_attributable,
    DROP COLUMN database_role,
    DROP COLUMN change_reason,
    DROP COLUMN app_version,
    DROP COLUMN device_info,
    DROP COLUMN session_id,
    DROP COLUMN source,
    DROP COLUMN occurred_at,
    DROP COLUMN actor_role,
    DROP COLUMN actor_id;

DO $$
DECLARE
    columns text;
BEGIN
    SELECT pg_catalog.string_agg(attname, ',' ORDER BY attnum) INTO columns
    FROM pg_catalog.pg_attribute
    WHERE attrelid = 'diary.record_audit'::regclass AND attnum > 0 AND NOT attisdropped;
    IF columns <> 'audit_id,event_id,record_id,participant_id,event_type,payload,recorded_at' THEN
        RAISE EXCEPTION 'Rollback failed: diary.record_audit has columns %', columns;
    END IF;
END $$;

COMMIT;
