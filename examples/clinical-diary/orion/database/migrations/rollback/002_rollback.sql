-- =====================================================
-- Rollback: 002 - Custom reports
-- =====================================================
-- Drops views and index in the reverse order. Nothing is lost: they hold nothing that does not stand in the tables.
-- The role orion_reports stays; another database of the cluster may use it.

DROP INDEX CONCURRENTLY orion.edc_sync_log_outcome_idx;

BEGIN;

REVOKE USAGE ON SCHEMA orion FROM orion_reports;
DROP MATERIALIZED VIEW orion.site_activity_daily;
DROP VIEW orion.participant_compliance;
DROP VIEW orion.edc_delivery_report;

DO $$
DECLARE
    left_over text;
BEGIN
    SELECT pg_catalog.string_agg(relname, ', ') INTO left_over
    FROM pg_catalog.pg_class
    WHERE relnamespace = 'orion'::regnamespace
      AND (relkind IN ('v', 'm') OR relname IN ('site_activity_daily_key', 'edc_sync_log_outcome_idx'));
    IF left_over IS NOT NULL THEN
        RAISE EXCEPTION 'Rollback failed: % still there', left_over;
    END IF;
END $$;

COMMIT;
