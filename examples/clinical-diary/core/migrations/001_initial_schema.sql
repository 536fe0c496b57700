-- =====================================================
-- Migration: 001 - Initial schema
-- Ticket: DIARY-101
-- Author: Clinical Diary core team
-- Date: 2025-10-14
-- =====================================================
-- Purpose:
-- Sites, participants, investigators, monitors and who is assigned where; record_audit, the append-only
-- store of diary events; record_state, the current state of each diary record, derived from record_audit.
-- Dependencies: none
-- Rollback: none - the first migration of an empty database; undoing it would drop the audit trail itself
-- Impact: Creates schema diary and four group roles; nothing existed before.
-- Risk: Low - touches no existing object.
-- Downtime: None
-- Compliance: Establishes the audit trail (21 CFR 11.10(e)). record_audit refuses UPDATE, DELETE and TRUNCATE.

-- enact: allow(fk-no-index) sites and events of the audit trail are never deleted, and their keys never change
BEGIN;

-- Roles belong to the whole cluster, not to this database: staging and production, or many test databases, may
-- share one cluster. So a role is created only if it is absent (also when another session creates it meanwhile),
-- gets no login and no attribute, and is never dropped by a rollback: another database may still use it.
-- The migration role needs CREATEROLE only where the four are absent.
-- enact: allow(dynamic-sql) CREATE ROLE has no IF NOT EXISTS; it locks no table
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['diary_participant', 'diary_investigator', 'diary_monitor', 'diary_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA diary;
-- Nothing is open by default; migration 003 grants what each group needs. Writing it down here also makes every
-- access list explicit, so that a later grant and its revocation return to exactly this text.
REVOKE ALL ON SCHEMA diary FROM PUBLIC;
COMMENT ON SCHEMA diary IS 'Clinical trial diary: audit trail, derived state, trial organisation';

CREATE DOMAIN diary.country_code AS text
    CONSTRAINT country_code_iso3166 CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN diary.country_code IS 'ISO 3166-1 alpha-2';

CREATE TABLE diary.sites (
    site_id      uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    site_number  text NOT NULL CONSTRAINT sites_site_number_key UNIQUE,
    name         text NOT NULL,
    country      diary.country_code NOT NULL,
    time_zone    text NOT NULL,
    activated_on date,
    closed_on    date,
    CONSTRAINT sites_site_number_form CHECK (site_number ~ '^[0-9]{3}$'),
    CONSTRAINT sites_closed_after_activated CHECK (closed_on >= activated_on)
);
COMMENT ON TABLE diary.sites IS 'Investigational sites of the trial';

-- Pseudonymous: names and contact data stay at the site and are never stored here.
CREATE TABLE diary.participants (
    participant_id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    site_id        uuid NOT NULL CONSTRAINT participants_site_id_fkey REFERENCES diary.sites (site_id),
    subject_number text NOT NULL CONSTRAINT participants_subject_number_key UNIQUE,
    birth_year     smallint,
    status         text NOT NULL DEFAULT 'screening',
    enrolled_on    date,
    withdrawn_on   date,
    CONSTRAINT participants_subject_number_form CHECK (subject_number ~ '^[0-9]{3}-[0-9]{4}$'),
    CONSTRAINT participants_birth_year_range CHECK (birth_year BETWEEN 1900 AND 2100),
    CONSTRAINT participants_status_known CHECK (status IN ('screening', 'enrolled', 'completed', 'withdrawn')),
    CONSTRAINT participants_withdrawn_dated CHECK ((status = 'withdrawn') = (withdrawn_on IS NOT NULL))
);
CREATE INDEX participants_site_id_idx ON diary.participants (site_id);
COMMENT ON TABLE diary.participants IS 'Trial participants under their subject number; no directly identifying data';
COMMENT ON COLUMN diary.participants.subject_number IS 'Site number and a running number, as printed on the diary device';

CREATE TABLE diary.investigators (
    investigator_id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    display_name    text NOT NULL,
    email           text NOT NULL,
    capacity        text NOT NULL DEFAULT 'sub_investigator',
    CONSTRAINT investigators_capacity_known
        CHECK (capacity IN ('principal_investigator', 'sub_investigator', 'study_coordinator'))
);
CREATE UNIQUE INDEX investigators_email_key ON diary.investigators (pg_catalog.lower(email));
COMMENT ON TABLE diary.investigators IS 'Site staff who enter or correct records';

CREATE TABLE diary.investigator_sites (
    investigator_id uuid NOT NULL
        CONSTRAINT investigator_sites_investigator_id_fkey REFERENCES diary.investigators (investigator_id),
    site_id         uuid NOT NULL CONSTRAINT investigator_sites_site_id_fkey REFERENCES diary.sites (site_id),
    assigned_on     date NOT NULL,
    ended_on        date,
    PRIMARY KEY (investigator_id, site_id, assigned_on),
    CONSTRAINT investigator_sites_ends_after_start CHECK (ended_on >= assigned_on)
);
COMMENT ON TABLE diary.investigator_sites IS 'Delegation log: which investigator works at which site, from when until when';

CREATE TABLE diary.monitor_sites (
    monitor_id  uuid NOT NULL,
    site_id     uuid NOT NULL CONSTRAINT monitor_sites_site_id_fkey REFERENCES diary.sites (site_id),
    assigned_on date NOT NULL,
    ended_on    date,
    PRIMARY KEY (monitor_id, site_id, assigned_on),
    CONSTRAINT monitor_sites_ends_after_start CHECK (ended_on >= assigned_on)
);
COMMENT ON TABLE diary.monitor_sites IS 'Sponsor monitors and the sites they watch; people are kept in the sponsor''s directory';

CREATE TABLE diary.record_audit (
    audit_id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT record_audit_pkey PRIMARY KEY,
    event_id       uuid NOT NULL CONSTRAINT record_audit_event_id_key UNIQUE,
    record_id      uuid NOT NULL,
    participant_id uuid NOT NULL
        CONSTRAINT record_audit_participant_id_fkey REFERENCES diary.participants (participant_id),
    event_type     text NOT NULL,
    payload        jsonb NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT record_audit_event_type_known CHECK (event_type IN ('create', 'update', 'withdraw')),
    CONSTRAINT record_audit_payload_object CHECK (pg_catalog.jsonb_typeof(payload) = 'object')
);
CREATE INDEX record_audit_record_id_idx ON diary.record_audit (record_id, audit_id);
CREATE INDEX record_audit_participant_id_idx ON diary.record_audit (participant_id, audit_id);
COMMENT ON TABLE diary.record_audit IS 'Append-only store of diary events: the audit trail and the source of record_state';
COMMENT ON COLUMN diary.record_audit.event_id IS 'Chosen by the device, so that sending an event twice stores it once';
COMMENT ON COLUMN diary.record_audit.recorded_at IS 'When the server stored the event; never set by a client';

CREATE TABLE diary.record_state (
    record_id      uuid CONSTRAINT record_state_pkey PRIMARY KEY,
    participant_id uuid NOT NULL
        CONSTRAINT record_state_participant_id_fkey REFERENCES diary.participants (participant_id),
    version        integer NOT NULL,
    status         text NOT NULL,
    payload        jsonb NOT NULL,
    last_audit_id  bigint NOT NULL CONSTRAINT record_state_last_audit_id_fkey REFERENCES diary.record_audit (audit_id),
    CONSTRAINT record_state_version_positive CHECK (version > 0),
    CONSTRAINT record_state_status_known CHECK (status IN ('active', 'withdrawn'))
);
CREATE INDEX record_state_participant_id_idx ON diary.record_state (participant_id);
COMMENT ON TABLE diary.record_state IS 'Current state of each record, derived from record_audit; filled from migration 004 on';

-- A trigger, not a rule: a rule DO INSTEAD NOTHING answers "UPDATE 0" as if there were nothing to change, does not see
-- TRUNCATE, and makes INSERT .. ON CONFLICT impossible. One trigger per statement refuses also what matches no row.
CREATE FUNCTION diary.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Append a new event that corrects the earlier one.';
END $$;
COMMENT ON FUNCTION diary.refuse_change() IS 'Refuses every change of an append-only table';

CREATE TRIGGER record_audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON diary.record_audit
    FOR EACH STATEMENT EXECUTE FUNCTION diary.refuse_change();
-- ALWAYS: holds also for a session that has set session_replication_role.
ALTER TABLE diary.record_audit ENABLE ALWAYS TRIGGER record_audit_append_only;

REVOKE ALL ON TABLE diary.sites, diary.participants, diary.investigators, diary.investigator_sites,
    diary.monitor_sites, diary.record_audit, diary.record_state FROM PUBLIC;
REVOKE ALL ON FUNCTION diary.refuse_change() FROM PUBLIC;

-- Verify: the tables are there, the audit trail is guarded, and no group role could walk around the guards.
DO $$
DECLARE
    missing text;
BEGIN
    SELECT pg_catalog.string_agg(t, ', ') INTO missing
    FROM pg_catalog.unnest(ARRAY['sites', 'participants', 'investigators', 'investigator_sites', 'monitor_sites',
                                 'record_audit', 'record_state']) AS t
    WHERE pg_catalog.to_regclass('diary.' || t) IS NULL;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: no table %', missing;
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger
        WHERE tgrelid = 'diary.record_audit'::regclass
          AND tgname = 'record_audit_append_only' AND tgenabled = 'A'
    ) THEN
        RAISE EXCEPTION 'Migration failed: record_audit is not append-only';
    END IF;

    SELECT pg_catalog.string_agg(rolname, ', ') INTO missing
    FROM pg_catalog.pg_roles
    WHERE rolname IN ('diary_participant', 'diary_investigator', 'diary_monitor', 'diary_auditor')
      AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: group role % existed with attributes it must not have', missing;
    END IF;
END $$;

COMMIT;
