-- =====================================================
-- Migration: 002 - Custom reports
-- Ticket: ORION-23
-- Author: Orion data management
-- Date: 2025-12-16
-- =====================================================
-- Purpose:
-- Reports for Orion's study team: deliveries to the EDC, diary activity per site and day, compliance per participant.
-- Dependencies: core >= 004, orion 001
-- Impact: Two views, one materialised view, role orion_reports, one index on orion.edc_sync_log. No table changes.
-- Risk: Low - read only. The views read with their owner's rights, past the row-level security of core: they show
--   subject numbers and counts, no diary content, and only orion_reports may read them.
-- Downtime: None - the index on the live log is built concurrently, as a step of its own.
-- Compliance: No effect on the audit trail.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orion_reports') THEN
        CREATE ROLE orion_reports NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

CREATE VIEW orion.edc_delivery_report AS
SELECT o.status, pg_catalog.count(*) AS events, pg_catalog.min(a.recorded_at) AS oldest_event,
       pg_catalog.max(o.attempts) AS most_attempts
FROM orion.edc_outbox AS o
JOIN diary.record_audit AS a ON a.audit_id = o.audit_id
GROUP BY o.status;
COMMENT ON VIEW orion.edc_delivery_report IS 'How many events wait for the EDC, and since when';

-- security_barrier: a reader's own function in a WHERE clause must not see rows that the view leaves out.
CREATE VIEW orion.participant_compliance WITH (security_barrier) AS
SELECT p.subject_number, s.site_number, pg_catalog.count(r.record_id) AS records,
       pg_catalog.count(r.record_id) FILTER (WHERE r.status = 'withdrawn') AS withdrawn_records,
       pg_catalog.max((a.recorded_at AT TIME ZONE s.time_zone)::date) AS last_entry_on
FROM diary.participants AS p
JOIN diary.sites AS s ON s.site_id = p.site_id
LEFT JOIN diary.record_state AS r ON r.participant_id = p.participant_id
LEFT JOIN diary.record_audit AS a ON a.audit_id = r.last_audit_id
WHERE p.status IN ('enrolled', 'completed')
GROUP BY p.subject_number, s.site_number;
COMMENT ON VIEW orion.participant_compliance IS 'Diary records per participant under treatment; counts, no content';

CREATE MATERIALIZED VIEW orion.site_activity_daily AS
SELECT s.site_number, (a.recorded_at AT TIME ZONE s.time_zone)::date AS day, a.event_type,
       pg_catalog.count(*) AS events, pg_catalog.count(DISTINCT a.participant_id) AS participants
FROM diary.record_audit AS a
JOIN diary.participants AS p ON p.participant_id = a.participant_id
JOIN diary.sites AS s ON s.site_id = p.site_id
GROUP BY s.site_number, (a.recorded_at AT TIME ZONE s.time_zone)::date, a.event_type
WITH DATA;
-- Unique: REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.
CREATE UNIQUE INDEX site_activity_daily_key ON orion.site_activity_daily (site_number, day, event_type);
COMMENT ON MATERIALIZED VIEW orion.site_activity_daily IS 'Events per site and local day; refreshed every night';

REVOKE ALL ON TABLE orion.edc_delivery_report, orion.participant_compliance, orion.site_activity_daily FROM PUBLIC;
GRANT USAGE ON SCHEMA orion TO orion_reports;
GRANT SELECT ON orion.edc_delivery_report, orion.participant_compliance, orion.site_activity_daily TO orion_reports;

COMMIT;

-- The log is written to all the time: built concurrently, outside a transaction.
CREATE INDEX CONCURRENTLY edc_sync_log_outcome_idx ON orion.edc_sync_log (outcome, logged_at);

-- Verify: the index is usable, and a reader of reports cannot go around them.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_index
                   WHERE indexrelid = pg_catalog.to_regclass('orion.edc_sync_log_outcome_idx') AND indisvalid) THEN
        RAISE EXCEPTION 'Migration failed: index orion.edc_sync_log_outcome_idx is missing or invalid';
    END IF;
    IF pg_catalog.has_schema_privilege('orion_reports', 'diary', 'USAGE')
       OR pg_catalog.has_table_privilege('orion_reports', 'orion.edc_subject_map', 'SELECT') THEN
        RAISE EXCEPTION 'Migration failed: orion_reports may read more than reports';
    END IF;
END $$;
