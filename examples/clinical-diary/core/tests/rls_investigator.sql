-- An investigator sees and corrects the diaries of the sites in the delegation log, as long as it says so.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
        GRANT diary_investigator TO CURRENT_USER;
    END IF;
END $$;
SET LOCAL ROLE diary_investigator;
DO $$
DECLARE
    me constant uuid := 'b1000000-0000-4000-8000-000000000001';
    gone constant uuid := 'b1000000-0000-4000-8000-000000000003';
    mine constant uuid := 'a1000000-0000-4000-8000-000000000002';
    elsewhere constant uuid := 'a1000000-0000-4000-8000-000000000003';
    seen text;
    attempt text;
    refused boolean;
BEGIN
    PERFORM pg_catalog.set_config('diary.investigator_id', me::text, true);
    SELECT pg_catalog.string_agg(subject_number, ',' ORDER BY subject_number) INTO seen FROM diary.participants;
    IF seen IS DISTINCT FROM '101-0001,101-0002' THEN RAISE EXCEPTION 'an investigator of site 101 sees %', seen; END IF;
    SELECT pg_catalog.string_agg(DISTINCT p.subject_number, ',') INTO seen
    FROM diary.record_audit AS a LEFT JOIN diary.participants AS p USING (participant_id);
    IF seen IS DISTINCT FROM '101-0001,101-0002' THEN RAISE EXCEPTION 'events of % are seen', seen; END IF;
    IF EXISTS (SELECT FROM diary.record_state WHERE participant_id = elsewhere) THEN
        RAISE EXCEPTION 'states of another site are seen';
    END IF;
    IF (SELECT pg_catalog.count(*) FROM diary.investigators) <> 1 THEN
        RAISE EXCEPTION 'other investigators are seen';
    END IF;

    PERFORM diary.record_event('e9000000-0000-4000-8000-000000000021', 'd2000000-0000-4000-8000-000000000001', mine,
        'update', '{"kind": "epistaxis", "minutes": 7}', me, 'investigator', '2026-01-01 00:00Z', 'web_portal',
        pg_catalog.gen_random_uuid(), NULL, NULL, 'Source document says 7 minutes', 2);
    IF (SELECT version FROM diary.record_state WHERE record_id = 'd2000000-0000-4000-8000-000000000001') IS DISTINCT FROM 3 THEN
        RAISE EXCEPTION 'the correction is not in the state';
    END IF;

    FOREACH attempt IN ARRAY ARRAY[
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''investigator'', now(), ''web_portal'', gen_random_uuid())', elsewhere, me),
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''investigator'', now(), ''web_portal'', gen_random_uuid())', mine, gone),
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''web_portal'', gen_random_uuid())', mine, mine),
        'INSERT INTO diary.investigator_sites VALUES (gen_random_uuid(), gen_random_uuid(), CURRENT_DATE)',
        'UPDATE diary.participants SET site_id = site_id', 'SELECT diary.verify_record_audit()'
    ] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'an investigator may: %', attempt; END IF;
    END LOOP;

    PERFORM pg_catalog.set_config('diary.investigator_id', gone::text, true);
    IF EXISTS (SELECT FROM diary.participants) OR EXISTS (SELECT FROM diary.record_audit) THEN
        RAISE EXCEPTION 'an ended delegation still gives access';
    END IF;
END $$;
