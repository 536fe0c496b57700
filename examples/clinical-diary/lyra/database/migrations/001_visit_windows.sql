-- =====================================================
-- Migration: 001 - Visit windows
-- Ticket: LYRA-9
-- Author: Lyra biometrics
-- Date: 2025-11-26
-- =====================================================
-- Purpose:
-- The days between which each participant's visits are due, and a function that says whether a day is within one.
-- Dependencies: core >= 003
-- Impact: Adds schema lyra with one table and one function. Core objects are referred to, none is changed.
-- Risk: Low - nothing of core reads them.
-- Downtime: None - the foreign key locks diary.participants for an instant; the new table is empty.
-- Compliance: No effect on the audit trail.

CREATE SCHEMA lyra;
REVOKE ALL ON SCHEMA lyra FROM PUBLIC;
COMMENT ON SCHEMA lyra IS 'Extensions of sponsor Lyra';

CREATE TABLE lyra.visit_windows (
    participant_id uuid NOT NULL
        CONSTRAINT visit_windows_participant_id_fkey REFERENCES diary.participants (participant_id),
    visit          smallint NOT NULL,
    opens_on       date NOT NULL,
    closes_on      date NOT NULL,
    CONSTRAINT visit_windows_pkey PRIMARY KEY (participant_id, visit),
    CONSTRAINT visit_windows_order CHECK (closes_on >= opens_on)
);
COMMENT ON TABLE lyra.visit_windows IS 'When each visit of each participant is due';

CREATE FUNCTION lyra.is_due(participant uuid, day date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM lyra.visit_windows AS w WHERE w.participant_id = participant AND day BETWEEN w.opens_on AND w.closes_on
    )
$$;
COMMENT ON FUNCTION lyra.is_due(uuid, date) IS 'Whether a visit of the participant is due on that day';
REVOKE ALL ON TABLE lyra.visit_windows FROM PUBLIC;
REVOKE ALL ON FUNCTION lyra.is_due(uuid, date) FROM PUBLIC;
