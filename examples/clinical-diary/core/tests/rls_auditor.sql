-- An auditor reads everything, verifies, and changes nothing.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
        GRANT diary_auditor TO CURRENT_USER;
    END IF;
END $$;
DO $$
DECLARE
    open_table text;
BEGIN
    SELECT pg_catalog.string_agg(relname, ', ') INTO open_table
    FROM pg_catalog.pg_class WHERE relnamespace = 'diary'::regnamespace AND relkind = 'r' AND NOT relrowsecurity;
    IF open_table IS NOT NULL THEN
        RAISE EXCEPTION 'no row-level security on %', open_table;
    END IF;
END $$;
-- Compared with what the owner sees.
SELECT pg_catalog.set_config('test.events', (SELECT pg_catalog.count(*) FROM diary.record_audit)::text, true);
SET LOCAL ROLE diary_auditor;
DO $$
DECLARE
    attempt text;
    refused boolean;
BEGIN
    IF (SELECT pg_catalog.count(*) FROM diary.record_audit)::text <> pg_catalog.current_setting('test.events')
       OR (SELECT pg_catalog.count(*) FROM diary.record_audit_chain)::text <> pg_catalog.current_setting('test.events') THEN
        RAISE EXCEPTION 'an auditor does not see every event and its hash';
    END IF;
    IF (SELECT pg_catalog.count(*) FROM diary.participants) <> 5 OR (SELECT pg_catalog.count(*) FROM diary.sites) <> 3
       OR (SELECT pg_catalog.count(*) FROM diary.investigators) <> 3
       OR (SELECT pg_catalog.count(*) FROM diary.investigator_sites) <> 3
       OR (SELECT pg_catalog.count(*) FROM diary.monitor_sites) <> 3
       OR (SELECT pg_catalog.count(*) FROM diary.record_audit_chain_head) <> 1 THEN
        RAISE EXCEPTION 'an auditor does not see everything';
    END IF;
    IF EXISTS (SELECT FROM diary.verify_record_audit()) OR EXISTS (SELECT FROM diary.record_state_differences()) THEN
        RAISE EXCEPTION 'the audit trail or the state is not in order';
    END IF;

    FOREACH attempt IN ARRAY ARRAY[
        'INSERT INTO diary.record_audit (event_id) VALUES (gen_random_uuid())', 'DELETE FROM diary.record_audit',
        'UPDATE diary.record_state SET version = 1', 'UPDATE diary.participants SET birth_year = NULL',
        'UPDATE diary.record_audit_chain_head SET last_seq = 1', 'TRUNCATE diary.record_audit_chain'
    ] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'an auditor may: %', attempt; END IF;
    END LOOP;
END $$;
