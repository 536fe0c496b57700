-- =====================================================
-- Rollback: 001 - EDC integration
-- =====================================================
-- Drops the EDC tables if nothing was mapped, queued or logged. What was delivered to the EDC and when is a record to
-- be kept: then this rollback refuses. The role orion_edc_proxy stays; another database of the cluster may use it.

BEGIN;

LOCK TABLE orion.edc_subject_map, orion.edc_outbox, orion.edc_sync_log IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    IF EXISTS (SELECT FROM orion.edc_sync_log) OR EXISTS (SELECT FROM orion.edc_outbox)
       OR EXISTS (SELECT FROM orion.edc_subject_map) THEN
        RAISE EXCEPTION 'Rollback refused: the EDC tables hold mappings, queued events or delivery records'
            USING ERRCODE = 'restrict_violation', HINT = 'Archive them under a change request first.';
    END IF;
END $$;

DROP FUNCTION orion.edc_report(bigint, text, smallint, text);
DROP FUNCTION orion.edc_claim(text, integer);
DROP FUNCTION orion.edc_enqueue();
DROP TABLE orion.edc_sync_log;
DROP FUNCTION orion.refuse_log_change();
DROP TABLE orion.edc_outbox;
-- enact: allow(several-strong-locks) with the foreign keys two core tables are locked for an instant
DROP TABLE orion.edc_subject_map;
DROP TYPE orion.delivery_status;
-- Without CASCADE: anything else in the schema makes the rollback fail instead of vanishing.
DROP SCHEMA orion;

DO $$
BEGIN
    IF pg_catalog.to_regnamespace('orion') IS NOT NULL THEN
        RAISE EXCEPTION 'Rollback failed: schema orion is still there';
    END IF;
END $$;

COMMIT;
