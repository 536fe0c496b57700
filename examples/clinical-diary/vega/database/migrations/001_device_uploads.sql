-- =====================================================
-- Migration: 001 - Device uploads
-- Ticket: VEGA-4
-- Author: Vega clinical systems
-- Date: 2025-11-24
-- =====================================================
-- Purpose:
-- A log of uploads from the infusion device that Vega hands to participants. The device's files stay outside the database.
-- Dependencies: core >= 001
-- Impact: Adds schema vega with one table and one view. Core objects are referred to, none is changed.
-- Risk: Low - nothing of core reads these tables.
-- Downtime: None - the foreign key locks diary.participants for an instant; the new table is empty.
-- Compliance: The log is a record of what the device sent; the rollback refuses once anything is logged.

CREATE SCHEMA vega;
REVOKE ALL ON SCHEMA vega FROM PUBLIC;
COMMENT ON SCHEMA vega IS 'Extensions of sponsor Vega';

CREATE TABLE vega.device_uploads (
    upload_id      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT device_uploads_pkey PRIMARY KEY,
    participant_id uuid NOT NULL
        CONSTRAINT device_uploads_participant_id_fkey REFERENCES diary.participants (participant_id),
    device_serial  text NOT NULL,
    content_digest bytea NOT NULL
        CONSTRAINT device_uploads_content_digest_size CHECK (pg_catalog.octet_length(content_digest) = 32),
    uploaded_at    timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE vega.device_uploads IS 'Uploads of the infusion device, by digest';
CREATE INDEX device_uploads_participant_id_idx ON vega.device_uploads (participant_id, uploaded_at);

CREATE VIEW vega.last_upload WITH (security_barrier) AS
SELECT p.subject_number, pg_catalog.max(u.uploaded_at) AS uploaded_at, pg_catalog.count(u.upload_id) AS uploads
FROM diary.participants AS p
LEFT JOIN vega.device_uploads AS u ON u.participant_id = p.participant_id
GROUP BY p.subject_number;
COMMENT ON VIEW vega.last_upload IS 'When the device of each participant was last heard of';
REVOKE ALL ON TABLE vega.device_uploads, vega.last_upload FROM PUBLIC;
