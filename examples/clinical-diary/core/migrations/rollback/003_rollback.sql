-- =====================================================
-- Rollback: 003 - Add RLS policies
-- =====================================================
-- Takes access away before it takes protection away: at no moment does a group see rows without its policies. Afterwards
-- nobody but the owner has access, as before 003. No data is lost. The group roles stay: other databases of the
-- cluster may use them.

REVOKE INSERT (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source,
               session_id, device_info, app_version, change_reason)
    ON diary.record_audit FROM diary_participant, diary_investigator;
REVOKE SELECT ON diary.monitor_sites FROM diary_auditor;
REVOKE SELECT ON diary.investigators, diary.investigator_sites FROM diary_investigator, diary_auditor;
REVOKE SELECT (participant_id, site_id, subject_number, status, enrolled_on, withdrawn_on)
    ON diary.participants FROM diary_monitor;
REVOKE SELECT ON diary.sites, diary.record_audit, diary.record_state, diary.monitor_sites FROM diary_monitor;
REVOKE SELECT ON diary.sites, diary.participants, diary.record_audit, diary.record_state
    FROM diary_participant, diary_investigator, diary_auditor;
REVOKE USAGE ON SCHEMA diary FROM diary_participant, diary_investigator, diary_monitor, diary_auditor;

DROP POLICY record_state_read_auditor ON diary.record_state;
DROP POLICY record_state_read_site ON diary.record_state;
DROP POLICY record_state_read_participant ON diary.record_state;
-- enact: allow(several-strong-locks) access must change everywhere at once; the locks last an instant
DROP POLICY record_audit_write_investigator ON diary.record_audit;
DROP POLICY record_audit_write_participant ON diary.record_audit;
DROP POLICY record_audit_read_auditor ON diary.record_audit;
DROP POLICY record_audit_read_site ON diary.record_audit;
DROP POLICY record_audit_read_participant ON diary.record_audit;
DROP POLICY sites_auditor ON diary.sites;
DROP POLICY sites_monitor ON diary.sites;
DROP POLICY sites_investigator ON diary.sites;
DROP POLICY sites_participant ON diary.sites;
DROP POLICY participants_auditor ON diary.participants;
DROP POLICY participants_monitor ON diary.participants;
DROP POLICY participants_investigator ON diary.participants;
DROP POLICY participants_self ON diary.participants;
DROP POLICY investigators_auditor ON diary.investigators;
DROP POLICY investigators_self ON diary.investigators;
DROP POLICY monitor_sites_auditor ON diary.monitor_sites;
DROP POLICY monitor_sites_own ON diary.monitor_sites;
DROP POLICY investigator_sites_auditor ON diary.investigator_sites;
DROP POLICY investigator_sites_own ON diary.investigator_sites;

ALTER TABLE diary.record_state DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.record_audit DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.monitor_sites DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.investigator_sites DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.investigators DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.participants DISABLE ROW LEVEL SECURITY;
ALTER TABLE diary.sites DISABLE ROW LEVEL SECURITY;

DROP FUNCTION diary.current_identity(text);

DO $$
DECLARE
    left_over text;
BEGIN
    SELECT pg_catalog.string_agg(c.relname, ', ') INTO left_over
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = 'diary'::regnamespace AND c.relkind = 'r'
      AND (c.relrowsecurity
           OR EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid)
           OR EXISTS (SELECT FROM pg_catalog.pg_roles AS r
                      WHERE r.rolname IN ('diary_participant', 'diary_investigator', 'diary_monitor', 'diary_auditor')
                        AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT')));
    IF left_over IS NOT NULL THEN
        RAISE EXCEPTION 'Rollback failed: policies or grants left on %', left_over;
    END IF;
END $$;
