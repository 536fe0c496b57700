-- States follow from events; impossible events are refused; an event sent again counts once.
DO $$
DECLARE
    p constant uuid := 'a1000000-0000-4000-8000-000000000001';
    other constant uuid := 'a1000000-0000-4000-8000-000000000002';
    r constant uuid := 'd9000000-0000-4000-8000-000000000031';
    s constant uuid := 'f9000000-0000-4000-8000-000000000031';
    at constant timestamptz := '2026-01-01 00:00Z';
    first bigint;
    again bigint;
    state diary.record_state;
    attempt text;
    wanted text;
    got text;
BEGIN
    IF EXISTS (SELECT FROM diary.record_state_differences()) THEN
        RAISE EXCEPTION 'the state built from the fixtures does not follow from their events';
    END IF;
    SELECT x.* INTO STRICT state FROM diary.record_state AS x WHERE x.record_id = 'd2000000-0000-4000-8000-000000000002';
    IF (state.version, state.status, state.payload ->> 'day') IS DISTINCT FROM (2, 'withdrawn', '2025-10-24') THEN
        RAISE EXCEPTION 'a withdrawn record of the fixtures has state %', state;
    END IF;

    first := diary.record_event('e9000000-0000-4000-8000-000000000031', r, p, 'create', '{"n": 1}', p, 'participant', at, 'mobile_app', s);
    again := diary.record_event('e9000000-0000-4000-8000-000000000031', r, p, 'create', '{"n": 1}', p, 'participant', at, 'mobile_app', s);
    SELECT x.* INTO STRICT state FROM diary.record_state AS x WHERE x.record_id = r;
    IF first <> again OR (state.version, state.status, state.payload ->> 'n', state.last_audit_id)
                         IS DISTINCT FROM (1, 'active', '1', first) THEN
        RAISE EXCEPTION 'sent twice: % and %, state %', first, again, state;
    END IF;

    PERFORM diary.record_event('e9000000-0000-4000-8000-000000000032', r, p, 'update', '{"n": 2}', p, 'participant', at, 'mobile_app', s,
        NULL, NULL, 'Mistyped', 1);
    PERFORM diary.record_event('e9000000-0000-4000-8000-000000000033', r, p, 'withdraw', '{}', p, 'participant', at, 'mobile_app', s,
        NULL, NULL, 'Wrong day', 2);
    SELECT x.* INTO STRICT state FROM diary.record_state AS x WHERE x.record_id = r;
    IF (state.version, state.status, state.payload ->> 'n') IS DISTINCT FROM (3, 'withdrawn', '2') THEN
        RAISE EXCEPTION 'create, update, withdraw give %', state;
    END IF;

    FOR attempt, wanted IN SELECT * FROM (VALUES
        -- the same event_id with another content
        (pg_catalog.format('SELECT diary.record_event(%L, %L, %L, ''create'', ''{"n": 7}'', %L, ''participant'', %L, ''mobile_app'', %L)',
            'e9000000-0000-4000-8000-000000000031', r, p, p, at, s), '23505'),
        -- a second create
        (pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), %L, %L, ''create'', ''{}'', %L, ''participant'', %L, ''mobile_app'', %L)',
            r, p, p, at, s), '23505'),
        -- a record that does not exist
        (pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), gen_random_uuid(), %L, ''update'', ''{}'', %L, ''participant'', %L, ''mobile_app'', %L, NULL, NULL, ''because'')',
            p, p, at, s), '23503'),
        -- after withdrawal
        (pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), %L, %L, ''update'', ''{}'', %L, ''participant'', %L, ''mobile_app'', %L, NULL, NULL, ''because'')',
            r, p, p, at, s), '55000'),
        -- a record of another participant
        (pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), %L, %L, ''update'', ''{}'', %L, ''participant'', %L, ''mobile_app'', %L, NULL, NULL, ''because'')',
            'd1000000-0000-4000-8000-000000000001', other, other, at, s), '23514'),
        -- a version that is not the current one
        (pg_catalog.format('SELECT diary.record_event(gen_random_uuid(), %L, %L, ''update'', ''{}'', %L, ''participant'', %L, ''mobile_app'', %L, NULL, NULL, ''because'', 1)',
            'd1000000-0000-4000-8000-000000000001', p, p, at, s), '40001')
    ) AS cases LOOP
        got := 'none';
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN OTHERS THEN
            got := SQLSTATE;
        END;
        IF got <> wanted THEN RAISE EXCEPTION 'error % expected, % got: %', wanted, got, attempt; END IF;
    END LOOP;

    IF EXISTS (SELECT FROM diary.record_state_differences()) THEN
        RAISE EXCEPTION 'the state no longer follows from the events';
    END IF;
END $$;
