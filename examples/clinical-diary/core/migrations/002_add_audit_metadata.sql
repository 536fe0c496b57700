-- =====================================================
-- Migration: 002 - Add audit metadata
-- Ticket: DIARY-102
-- Author: Clinical Diary core team
-- Date: 2025-10-21
-- =====================================================
-- Purpose:
-- ALCOA+ metadata for each event: who acted and in which role, when it happened (beside when it was recorded), from
-- which device, session and source, under which database role, and why a record was changed.
-- Dependencies: core >= 001
-- Impact: Nine nullable columns and six checks on diary.record_audit. Writers must send the metadata from now on.
-- Risk: Medium - writers of the old form are refused; deploy the writer first (it may send the fields only after this).
-- Downtime: None - columns are added without a rewrite; the scan for VALIDATE runs in a segment of its own, in which
--   readers and writers go on.
-- Compliance: ALCOA+ (attributable, contemporaneous, original). Events recorded before this migration stay as they
--   are: the audit trail is not rewritten, their metadata is NULL, meaning "not captured". The rollback refuses once
--   an event carries metadata.

BEGIN;

-- Nullable and without default: a default would put values into old events that nobody recorded.
ALTER TABLE diary.record_audit
    ADD COLUMN actor_id      uuid,
    ADD COLUMN actor_role    text,
    ADD COLUMN occurred_at   timestamptz,
    ADD COLUMN source        text,
    ADD COLUMN session_id    uuid,
    ADD COLUMN device_info   jsonb,
    ADD COLUMN app_version   text,
    ADD COLUMN change_reason text,
    ADD COLUMN database_role text;

-- Only new rows get this default (SET DEFAULT, not ADD COLUMN .. DEFAULT).
ALTER TABLE diary.record_audit ALTER COLUMN database_role SET DEFAULT SESSION_USER;

-- These three bind every event from now on and are false of older ones, so they stay NOT VALID for good:
-- validating them would mean to invent metadata for the past.
ALTER TABLE diary.record_audit
    ADD CONSTRAINT record_audit_attributable
        CHECK (actor_id IS NOT NULL AND actor_role IS NOT NULL AND database_role IS NOT NULL) NOT VALID,
    ADD CONSTRAINT record_audit_contemporaneous
        CHECK (occurred_at IS NOT NULL AND source IS NOT NULL AND session_id IS NOT NULL) NOT VALID,
    ADD CONSTRAINT record_audit_change_explained
        CHECK (event_type = 'create' OR pg_catalog.length(pg_catalog.btrim(change_reason)) >= 3
               AND change_reason IS NOT NULL) NOT VALID;

-- These hold for old events too (NULL passes); validated below, after the lock of this segment is gone.
ALTER TABLE diary.record_audit
    ADD CONSTRAINT record_audit_actor_role_known
        CHECK (actor_role IN ('participant', 'investigator', 'system')) NOT VALID,
    ADD CONSTRAINT record_audit_source_known
        CHECK (source IN ('mobile_app', 'web_portal', 'edc', 'paper_transcription')) NOT VALID,
    ADD CONSTRAINT record_audit_device_info_object
        CHECK (pg_catalog.jsonb_typeof(device_info) = 'object') NOT VALID;

COMMENT ON COLUMN diary.record_audit.actor_id IS 'Attributable: the participant or investigator who acted';
COMMENT ON COLUMN diary.record_audit.actor_role IS 'Attributable: in which role the actor acted';
COMMENT ON COLUMN diary.record_audit.occurred_at IS 'Contemporaneous: when it happened by the device; recorded_at is when the server stored it';
COMMENT ON COLUMN diary.record_audit.source IS 'Original: through which channel the event came';
COMMENT ON COLUMN diary.record_audit.session_id IS 'Signed-in session of the actor';
COMMENT ON COLUMN diary.record_audit.device_info IS 'Device and platform information for audit trail';
COMMENT ON COLUMN diary.record_audit.app_version IS 'Version of the software that made the event';
COMMENT ON COLUMN diary.record_audit.change_reason IS 'Why a record was changed or withdrawn (21 CFR 11.10(e), ICH E6)';
COMMENT ON COLUMN diary.record_audit.database_role IS 'Database login through which the event came';

COMMIT;

BEGIN;

ALTER TABLE diary.record_audit VALIDATE CONSTRAINT record_audit_actor_role_known;
ALTER TABLE diary.record_audit VALIDATE CONSTRAINT record_audit_source_known;
ALTER TABLE diary.record_audit VALIDATE CONSTRAINT record_audit_device_info_object;

-- Verify the types, not only the names; which checks are validated and which bind new events only.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT pg_catalog.string_agg(w.name, ', ') INTO wrong
    FROM (VALUES ('actor_id', 'uuid'), ('actor_role', 'text'), ('occurred_at', 'timestamp with time zone'),
                 ('source', 'text'), ('session_id', 'uuid'), ('device_info', 'jsonb'), ('app_version', 'text'),
                 ('change_reason', 'text'), ('database_role', 'text')) AS w (name, type)
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'diary.record_audit'::regclass AND a.attname = w.name AND NOT a.attisdropped
          AND pg_catalog.format_type(a.atttypid, a.atttypmod) = w.type
          AND NOT a.attnotnull);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: column % of diary.record_audit is not as intended', wrong;
    END IF;

    SELECT pg_catalog.string_agg(w.name, ', ') INTO wrong
    FROM (VALUES ('record_audit_attributable', false), ('record_audit_contemporaneous', false),
                 ('record_audit_change_explained', false), ('record_audit_actor_role_known', true),
                 ('record_audit_source_known', true), ('record_audit_device_info_object', true)) AS w (name, validated)
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS c
        WHERE c.conrelid = 'diary.record_audit'::regclass AND c.conname = w.name AND c.convalidated = w.validated);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: constraint % of diary.record_audit is not as intended', wrong;
    END IF;
END $$;

COMMIT;
