-- =====================================================
-- Migration: 003 - Add RLS policies
-- Ticket: DIARY-103
-- Author: Clinical Diary core team
-- Date: 2025-11-04
-- =====================================================
-- Purpose:
-- Row-level security. A participant sees and writes the own diary; an investigator the diaries of the sites in the
-- delegation log; a sponsor monitor reads those of assigned sites, without the year of birth; an auditor reads all.
-- Dependencies: core >= 002
-- Impact: Until now nobody but the owner had access; from now on the four groups have what is granted here.
-- Risk: Medium - a wrong policy shows one participant's data to another; tests/rls_*.sql prove each group's view.
-- Downtime: None - a short ACCESS EXCLUSIVE lock on each table, no scan.
-- Compliance: Limits system access to authorised individuals (21 CFR 11.10(d), GDPR Art. 25 and 32).

-- Who is asking? PostgREST puts the verified token's claims into request.jwt.claims; a service without tokens
-- sets diary.participant_id (or investigator_id, monitor_id) for its transaction. The policies are as strong as that
-- layer: who may run free SQL under a group role may claim any identity. A malformed claim is an error, no
-- claim is NULL and matches nothing.
CREATE FUNCTION diary.current_identity(kind text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        nullif(current_setting('diary.' || kind, true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> kind
    )::uuid
$$;
COMMENT ON FUNCTION diary.current_identity(text)
    IS 'Identity of the caller: kind is participant_id, investigator_id or monitor_id; NULL if there is none';
REVOKE ALL ON FUNCTION diary.current_identity(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION diary.current_identity(text)
    TO diary_participant, diary_investigator, diary_monitor, diary_auditor;

ALTER TABLE diary.sites ENABLE ROW LEVEL SECURITY;
-- enact: allow(several-strong-locks) access must change everywhere at once; the locks last an instant, parents first
ALTER TABLE diary.participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.investigators ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.investigator_sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.monitor_sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.record_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary.record_state ENABLE ROW LEVEL SECURITY;
-- Not FORCE, on purpose. FORCE would bind the owner, who is no application role: a back-fill or the check of the hash
-- chain, run by an owner without BYPASSRLS, would then see a part of the rows and report success over that part;
-- the trigger of 004 that derives record_state runs as the owner; pg_dump by the owner would stop. What FORCE guards
-- against is kept otherwise: no login of an application is a member of the owner (checked below), and what
-- the owner must not do to the audit trail is refused by triggers, which bind the owner too.

-- The scalar sub-selects are evaluated once per query, not once per row. A sub-select on another table of this schema
-- sees that table through the caller's own policies: who may see a participant may see the participant's records.

CREATE POLICY investigator_sites_own ON diary.investigator_sites FOR SELECT TO diary_investigator
    USING (investigator_id = (SELECT diary.current_identity('investigator_id')));
CREATE POLICY investigator_sites_auditor ON diary.investigator_sites FOR SELECT TO diary_auditor USING (true);

CREATE POLICY monitor_sites_own ON diary.monitor_sites FOR SELECT TO diary_monitor
    USING (monitor_id = (SELECT diary.current_identity('monitor_id')));
CREATE POLICY monitor_sites_auditor ON diary.monitor_sites FOR SELECT TO diary_auditor USING (true);

CREATE POLICY investigators_self ON diary.investigators FOR SELECT TO diary_investigator
    USING (investigator_id = (SELECT diary.current_identity('investigator_id')));
CREATE POLICY investigators_auditor ON diary.investigators FOR SELECT TO diary_auditor USING (true);

CREATE POLICY participants_self ON diary.participants FOR SELECT TO diary_participant
    USING (participant_id = (SELECT diary.current_identity('participant_id')));
CREATE POLICY participants_investigator ON diary.participants FOR SELECT TO diary_investigator
    USING (site_id IN (SELECT s.site_id FROM diary.investigator_sites AS s
                       WHERE s.assigned_on <= CURRENT_DATE AND coalesce(s.ended_on >= CURRENT_DATE, true)));
CREATE POLICY participants_monitor ON diary.participants FOR SELECT TO diary_monitor
    USING (site_id IN (SELECT s.site_id FROM diary.monitor_sites AS s
                       WHERE s.assigned_on <= CURRENT_DATE AND coalesce(s.ended_on >= CURRENT_DATE, true)));
CREATE POLICY participants_auditor ON diary.participants FOR SELECT TO diary_auditor USING (true);

CREATE POLICY sites_participant ON diary.sites FOR SELECT TO diary_participant
    USING (site_id IN (SELECT p.site_id FROM diary.participants AS p));
CREATE POLICY sites_investigator ON diary.sites FOR SELECT TO diary_investigator
    USING (site_id IN (SELECT s.site_id FROM diary.investigator_sites AS s));
CREATE POLICY sites_monitor ON diary.sites FOR SELECT TO diary_monitor
    USING (site_id IN (SELECT s.site_id FROM diary.monitor_sites AS s));
CREATE POLICY sites_auditor ON diary.sites FOR SELECT TO diary_auditor USING (true);

CREATE POLICY record_audit_read_participant ON diary.record_audit FOR SELECT TO diary_participant
    USING (participant_id = (SELECT diary.current_identity('participant_id')));
CREATE POLICY record_audit_read_site ON diary.record_audit FOR SELECT TO diary_investigator, diary_monitor
    USING (participant_id IN (SELECT p.participant_id FROM diary.participants AS p));
CREATE POLICY record_audit_read_auditor ON diary.record_audit FOR SELECT TO diary_auditor USING (true);
-- A participant writes in the own diary, as oneself; an investigator in those of the own sites, as oneself.
CREATE POLICY record_audit_write_participant ON diary.record_audit FOR INSERT TO diary_participant
    WITH CHECK (participant_id = (SELECT diary.current_identity('participant_id'))
                AND actor_id = participant_id AND actor_role = 'participant');
CREATE POLICY record_audit_write_investigator ON diary.record_audit FOR INSERT TO diary_investigator
    WITH CHECK (participant_id IN (SELECT p.participant_id FROM diary.participants AS p)
                AND actor_id = (SELECT diary.current_identity('investigator_id')) AND actor_role = 'investigator');

CREATE POLICY record_state_read_participant ON diary.record_state FOR SELECT TO diary_participant
    USING (participant_id = (SELECT diary.current_identity('participant_id')));
CREATE POLICY record_state_read_site ON diary.record_state FOR SELECT TO diary_investigator, diary_monitor
    USING (participant_id IN (SELECT p.participant_id FROM diary.participants AS p));
CREATE POLICY record_state_read_auditor ON diary.record_state FOR SELECT TO diary_auditor USING (true);

COMMENT ON POLICY record_audit_write_participant ON diary.record_audit IS 'Nobody writes in the name of another';
COMMENT ON POLICY record_audit_write_investigator ON diary.record_audit IS 'Nobody writes in the name of another';

GRANT USAGE ON SCHEMA diary TO diary_participant, diary_investigator, diary_monitor, diary_auditor;
GRANT SELECT ON diary.sites, diary.participants, diary.record_audit, diary.record_state
    TO diary_participant, diary_investigator, diary_auditor;
GRANT SELECT ON diary.sites, diary.record_audit, diary.record_state, diary.monitor_sites TO diary_monitor;
-- Everything of a participant but the year of birth.
GRANT SELECT (participant_id, site_id, subject_number, status, enrolled_on, withdrawn_on)
    ON diary.participants TO diary_monitor;
GRANT SELECT ON diary.investigators, diary.investigator_sites TO diary_investigator, diary_auditor;
GRANT SELECT ON diary.monitor_sites TO diary_auditor;
-- audit_id, recorded_at and database_role are the server's: no client may state them.
GRANT INSERT (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source,
              session_id, device_info, app_version, change_reason)
    ON diary.record_audit TO diary_participant, diary_investigator;

-- Verify: every table protected; no group may write anything but events; none may step out of its policies.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT pg_catalog.string_agg(c.relname, ', ') INTO wrong
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = 'diary'::regnamespace AND c.relkind = 'r'
      AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: no row-level security on %', wrong;
    END IF;

    SELECT pg_catalog.string_agg(DISTINCT c.relname || ' ' || r.rolname, ', ') INTO wrong
    FROM pg_catalog.pg_class AS c, pg_catalog.pg_roles AS r
    WHERE c.relnamespace = 'diary'::regnamespace AND c.relkind = 'r'
      AND r.rolname IN ('diary_participant', 'diary_investigator', 'diary_monitor', 'diary_auditor')
      AND (pg_catalog.has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'UPDATE')
           OR pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER'));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'Migration failed: too much is allowed: %', wrong;
    END IF;
END $$;
