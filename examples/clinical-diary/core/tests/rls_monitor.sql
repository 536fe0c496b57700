-- A sponsor monitor reads assigned sites, without the year of birth, and writes nothing.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
        GRANT diary_monitor TO CURRENT_USER;
    END IF;
END $$;
SET LOCAL ROLE diary_monitor;
DO $$
DECLARE
    seen text;
    attempt text;
    refused boolean;
BEGIN
    PERFORM pg_catalog.set_config('diary.monitor_id', 'c1000000-0000-4000-8000-000000000001', true);
    SELECT pg_catalog.string_agg(subject_number, ',' ORDER BY subject_number) INTO seen FROM diary.participants;
    IF seen IS DISTINCT FROM '101-0001,101-0002' THEN RAISE EXCEPTION 'a monitor of site 101 sees %', seen; END IF;
    IF NOT EXISTS (SELECT FROM diary.record_audit)
       OR EXISTS (SELECT FROM diary.record_audit WHERE participant_id = 'a1000000-0000-4000-8000-000000000003') THEN
        RAISE EXCEPTION 'a monitor of site 101 does not see the events of site 101 alone';
    END IF;

    PERFORM pg_catalog.set_config('diary.monitor_id', 'c1000000-0000-4000-8000-000000000002', true);
    SELECT pg_catalog.string_agg(site_number, ',' ORDER BY site_number) INTO seen FROM diary.sites;
    IF seen IS DISTINCT FROM '101,102' THEN RAISE EXCEPTION 'a monitor of two sites sees %', seen; END IF;

    FOREACH attempt IN ARRAY ARRAY[
        'SELECT birth_year FROM diary.participants', 'SELECT p.* FROM diary.participants AS p',
        'SELECT FROM diary.investigators', 'DELETE FROM diary.monitor_sites',
        'INSERT INTO diary.record_audit (event_id) VALUES (gen_random_uuid())',
        'SELECT diary.record_event(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)'
    ] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'a monitor may: %', attempt; END IF;
    END LOOP;
END $$;
