-- A participant sees and writes the own diary, and nothing else.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
        GRANT diary_participant TO CURRENT_USER;
    END IF;
END $$;
SET LOCAL ROLE diary_participant;
DO $$
DECLARE
    me constant uuid := 'a1000000-0000-4000-8000-000000000001';
    other constant uuid := 'a1000000-0000-4000-8000-000000000002';
    seen bigint;
    refused boolean;
    attempt text;
BEGIN
    -- No identity: nothing.
    SELECT pg_catalog.count(*) INTO seen FROM diary.record_audit;
    IF seen <> 0 THEN RAISE EXCEPTION 'without identity % events are seen', seen; END IF;

    PERFORM pg_catalog.set_config('diary.participant_id', me::text, true);
    SELECT pg_catalog.count(*) INTO seen FROM diary.record_audit WHERE participant_id = me;
    IF seen = 0 THEN RAISE EXCEPTION 'the own events are not seen'; END IF;
    SELECT pg_catalog.count(*) INTO seen FROM diary.record_audit WHERE participant_id <> me;
    IF seen <> 0 THEN RAISE EXCEPTION '% events of others are seen', seen; END IF;
    SELECT pg_catalog.count(*) INTO seen FROM diary.record_state WHERE participant_id <> me;
    IF seen <> 0 THEN RAISE EXCEPTION '% states of others are seen', seen; END IF;
    SELECT pg_catalog.count(*) INTO seen FROM diary.record_state;
    IF seen = 0 THEN RAISE EXCEPTION 'the own states are not seen'; END IF;
    IF (SELECT pg_catalog.array_agg(participant_id) FROM diary.participants) IS DISTINCT FROM ARRAY[me] THEN
        RAISE EXCEPTION 'another participant is seen';
    END IF;
    IF (SELECT pg_catalog.array_agg(site_number) FROM diary.sites) IS DISTINCT FROM ARRAY['101'] THEN
        RAISE EXCEPTION 'another site is seen';
    END IF;

    -- The claim of a verified token is as good as the setting.
    PERFORM pg_catalog.set_config('diary.participant_id', '', true);
    PERFORM pg_catalog.set_config('request.jwt.claims', '{"role": "x", "participant_id": "' || other || '"}', true);
    IF (SELECT pg_catalog.array_agg(participant_id) FROM diary.participants) IS DISTINCT FROM ARRAY[other] THEN
        RAISE EXCEPTION 'the claim in the token is not honoured';
    END IF;
    PERFORM pg_catalog.set_config('request.jwt.claims', '', true);
    PERFORM pg_catalog.set_config('diary.participant_id', me::text, true);

    -- Writing: as oneself, in the own diary.
    PERFORM diary.record_event('e9000000-0000-4000-8000-000000000011', 'd9000000-0000-4000-8000-000000000011', me,
        'create', '{"kind": "no_event"}', me, 'participant', '2026-01-01 00:00Z', 'mobile_app', pg_catalog.gen_random_uuid());
    IF NOT EXISTS (SELECT FROM diary.record_state WHERE record_id = 'd9000000-0000-4000-8000-000000000011') THEN
        RAISE EXCEPTION 'the event written has no state';
    END IF;

    FOREACH attempt IN ARRAY ARRAY[
        -- in another's diary; in another's name; as an investigator
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''mobile_app'', gen_random_uuid())', other, me),
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''mobile_app'', gen_random_uuid())', me, other),
        pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''investigator'', now(), ''mobile_app'', gen_random_uuid())', me, me),
        -- the server's columns
        pg_catalog.format('INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source, session_id, recorded_at) SELECT gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''mobile_app'', gen_random_uuid(), now()', me, me),
        pg_catalog.format('INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source, session_id, database_role) SELECT gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''mobile_app'', gen_random_uuid(), ''x''', me, me),
        pg_catalog.format('INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source, session_id, audit_id) OVERRIDING SYSTEM VALUE SELECT gen_random_uuid(), gen_random_uuid(), %L, ''create'', ''{}'', %L, ''participant'', now(), ''mobile_app'', gen_random_uuid(), 1000000', me, me),
        -- everything else
        'UPDATE diary.record_audit SET payload = ''{}''', 'DELETE FROM diary.record_audit',
        'UPDATE diary.record_state SET version = 9', 'DELETE FROM diary.record_state',
        'UPDATE diary.participants SET status = ''completed''',
        'SELECT FROM diary.investigators', 'SELECT FROM diary.monitor_sites', 'SELECT FROM diary.record_audit_chain',
        'SELECT diary.verify_record_audit()', 'SELECT diary.project_records()'
    ] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'a participant may: %', attempt; END IF;
    END LOOP;

    -- A malformed identity is an error, not an empty answer.
    refused := false;
    BEGIN
        PERFORM pg_catalog.set_config('diary.participant_id', 'x'' OR true', true);
        PERFORM FROM diary.record_audit;
    EXCEPTION WHEN invalid_text_representation THEN
        refused := true;
    END;
    IF NOT refused THEN RAISE EXCEPTION 'a malformed identity is taken'; END IF;
END $$;
