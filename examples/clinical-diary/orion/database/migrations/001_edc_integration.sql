-- =====================================================
-- Migration: 001 - EDC integration
-- Ticket: ORION-17
-- Author: Orion data management
-- Date: 2025-12-09
-- =====================================================
-- Purpose:
-- Tables for synchronising the diary with Orion's EDC in proxy mode: the database never talks to the EDC. A proxy
-- process enqueues new events, claims them from the outbox, delivers them and reports the outcome to the sync log.
-- Dependencies: core >= 004
-- Impact: Adds schema orion and role orion_edc_proxy. Core objects are read and referred to, none is changed.
-- Risk: Low - nothing of core calls into these tables; if the proxy stops, events wait in the outbox.
-- Downtime: None - the foreign keys lock two core tables for an instant; the new tables are empty.
-- Compliance: edc_sync_log is the record of what left for the EDC and when (append-only). The rollback refuses
--   once anything is mapped, queued or logged.

BEGIN;

-- A role belongs to the cluster: created only if absent, never dropped by a rollback.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orion_edc_proxy') THEN
        CREATE ROLE orion_edc_proxy NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

CREATE SCHEMA orion;
REVOKE ALL ON SCHEMA orion FROM PUBLIC;
COMMENT ON SCHEMA orion IS 'Extensions of sponsor Orion';

CREATE TYPE orion.delivery_status AS ENUM ('queued', 'claimed', 'delivered', 'failed');

CREATE TABLE orion.edc_subject_map (
    participant_id uuid CONSTRAINT edc_subject_map_pkey PRIMARY KEY
        CONSTRAINT edc_subject_map_participant_id_fkey REFERENCES diary.participants (participant_id),
    edc_subject_key text NOT NULL CONSTRAINT edc_subject_map_edc_subject_key_key UNIQUE,
    edc_study_oid   text NOT NULL,
    mapped_at       timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE orion.edc_subject_map IS 'Which subject of the EDC a participant is';

-- enact: allow(several-strong-locks) the foreign keys lock two core tables for an instant; the new tables are empty
CREATE TABLE orion.edc_outbox (
    outbox_id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT edc_outbox_pkey PRIMARY KEY,
    audit_id        bigint NOT NULL CONSTRAINT edc_outbox_audit_id_key UNIQUE
        CONSTRAINT edc_outbox_audit_id_fkey REFERENCES diary.record_audit (audit_id),
    status          orion.delivery_status NOT NULL DEFAULT 'queued',
    attempts        integer NOT NULL DEFAULT 0 CONSTRAINT edc_outbox_attempts_counted CHECK (attempts >= 0),
    claimed_by      text,
    claimed_at      timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT edc_outbox_claim_whole CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
    CONSTRAINT edc_outbox_claimed_by_someone CHECK (status <> 'claimed' OR claimed_by IS NOT NULL)
);
CREATE INDEX edc_outbox_due_idx ON orion.edc_outbox (next_attempt_at) WHERE status IN ('queued', 'failed');
COMMENT ON TABLE orion.edc_outbox IS 'Events on their way to the EDC, each once';

-- enact: allow(fk-no-index) the outbox keeps its rows, and their keys never change
CREATE TABLE orion.edc_sync_log (
    log_id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT edc_sync_log_pkey PRIMARY KEY,
    outbox_id    bigint NOT NULL CONSTRAINT edc_sync_log_outbox_id_fkey REFERENCES orion.edc_outbox (outbox_id),
    logged_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    outcome      orion.delivery_status NOT NULL,
    http_status  smallint CONSTRAINT edc_sync_log_http_status_range CHECK (http_status BETWEEN 100 AND 599),
    edc_receipt  text,
    CONSTRAINT edc_sync_log_outcome_final CHECK (outcome IN ('delivered', 'failed')),
    CONSTRAINT edc_sync_log_receipt_given CHECK (outcome <> 'delivered' OR edc_receipt IS NOT NULL)
);
COMMENT ON TABLE orion.edc_sync_log IS 'Append-only: every attempt to deliver an event and what the EDC answered';

CREATE FUNCTION orion.refuse_log_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'orion.edc_sync_log is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER edc_sync_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orion.edc_sync_log
    FOR EACH STATEMENT EXECUTE FUNCTION orion.refuse_log_change();
ALTER TABLE orion.edc_sync_log ENABLE ALWAYS TRIGGER edc_sync_log_append_only;

-- Pull, not push: a trigger on core's record_audit would change a core object and could make its writers fail.
-- What is missing is found by comparing, not by a high-water mark: numbers are given before commit, so a higher
-- number can be visible before a lower one.
CREATE FUNCTION orion.edc_enqueue() RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH added AS (
        INSERT INTO orion.edc_outbox (audit_id)
        SELECT a.audit_id
        FROM diary.record_audit AS a
        JOIN orion.edc_subject_map AS m ON m.participant_id = a.participant_id
        WHERE NOT EXISTS (SELECT FROM orion.edc_outbox AS o WHERE o.audit_id = a.audit_id)
        ORDER BY a.audit_id
        ON CONFLICT (audit_id) DO NOTHING
        RETURNING 1
    )
    SELECT count(*) FROM added
$$;
COMMENT ON FUNCTION orion.edc_enqueue() IS 'Queues the events of mapped participants that are not queued yet; returns how many';

-- SKIP LOCKED: several proxies take different events. A claim not reported within ten minutes is free again.
CREATE FUNCTION orion.edc_claim(worker text, batch integer)
RETURNS TABLE (outbox_id bigint, edc_subject_key text, record_id uuid, event_type text, payload jsonb)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS (
        SELECT o.outbox_id
        FROM orion.edc_outbox AS o
        WHERE (o.status IN ('queued', 'failed') AND o.next_attempt_at <= now())
           OR (o.status = 'claimed' AND o.claimed_at < now() - interval '10 minutes')
        ORDER BY o.outbox_id
        LIMIT batch
        FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE orion.edc_outbox AS o
        SET status = 'claimed', claimed_by = worker, claimed_at = now(), attempts = o.attempts + 1
        FROM due WHERE o.outbox_id = due.outbox_id
        RETURNING o.outbox_id, o.audit_id
    )
    SELECT c.outbox_id, m.edc_subject_key, a.record_id, a.event_type, a.payload
    FROM claimed AS c
    JOIN diary.record_audit AS a ON a.audit_id = c.audit_id
    JOIN orion.edc_subject_map AS m ON m.participant_id = a.participant_id
    ORDER BY c.outbox_id
$$;
COMMENT ON FUNCTION orion.edc_claim(text, integer) IS 'Takes up to batch due events for a worker, oldest first';

CREATE FUNCTION orion.edc_report(outbox_id bigint, worker text, http_status smallint, edc_receipt text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    outcome constant orion.delivery_status := CASE WHEN edc_receipt IS NULL THEN 'failed' ELSE 'delivered' END;
BEGIN
    UPDATE orion.edc_outbox AS o
    SET status = outcome, claimed_by = NULL, claimed_at = NULL,
        next_attempt_at = now() + least(interval '1 minute' * 2 ^ least(o.attempts, 10), interval '6 hours')
    WHERE o.outbox_id = edc_report.outbox_id AND o.status = 'claimed' AND o.claimed_by = edc_report.worker;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event % is not claimed by %', edc_report.outbox_id, edc_report.worker
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO orion.edc_sync_log (outbox_id, outcome, http_status, edc_receipt)
    VALUES (edc_report.outbox_id, outcome, edc_report.http_status, edc_report.edc_receipt);
END $$;
COMMENT ON FUNCTION orion.edc_report(bigint, text, smallint, text) IS 'Ends a claim; without a receipt the delivery failed and is due again later';

REVOKE ALL ON TABLE orion.edc_subject_map, orion.edc_outbox, orion.edc_sync_log FROM PUBLIC;
REVOKE ALL ON FUNCTION orion.refuse_log_change(), orion.edc_enqueue(), orion.edc_claim(text, integer),
    orion.edc_report(bigint, text, smallint, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA orion TO orion_edc_proxy;
GRANT EXECUTE ON FUNCTION orion.edc_enqueue(), orion.edc_claim(text, integer),
    orion.edc_report(bigint, text, smallint, text) TO orion_edc_proxy;
GRANT SELECT, INSERT ON orion.edc_subject_map TO orion_edc_proxy;
GRANT SELECT ON orion.edc_outbox, orion.edc_sync_log TO orion_edc_proxy;

-- Verify: the proxy reaches the EDC tables and nothing of core.
DO $$
BEGIN
    IF NOT pg_catalog.has_function_privilege('orion_edc_proxy', 'orion.edc_claim(text, integer)', 'EXECUTE')
       OR pg_catalog.has_schema_privilege('orion_edc_proxy', 'diary', 'USAGE') THEN
        RAISE EXCEPTION 'Migration failed: orion_edc_proxy has not exactly the intended rights';
    END IF;
    IF EXISTS (SELECT FROM orion.edc_outbox) THEN
        RAISE EXCEPTION 'Migration failed: the outbox is not empty';
    END IF;
END $$;

COMMIT;
