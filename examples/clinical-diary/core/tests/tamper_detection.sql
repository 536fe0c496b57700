-- Each way to tamper, as the owner with the guards off, is found and named.
DO $$
DECLARE
    attempt text;
    wanted text;
    found text;
    reference text;
    head diary.record_audit_chain_head;
BEGIN
    IF EXISTS (SELECT FROM diary.verify_record_audit()) THEN
        RAISE EXCEPTION 'the untouched chain is reported as broken';
    END IF;
    SELECT h.* INTO STRICT head FROM diary.record_audit_chain_head AS h;
    IF head.last_seq <> (SELECT pg_catalog.count(*) FROM diary.record_audit)
       OR NOT EXISTS (SELECT FROM diary.record_audit_chain WHERE backfilled)
       OR NOT EXISTS (SELECT FROM diary.record_audit_chain WHERE NOT backfilled) THEN
        RAISE EXCEPTION 'the chain does not cover old and new events';
    END IF;
    -- A new event moves the head.
    PERFORM diary.record_event('e9000000-0000-4000-8000-000000000041', 'd9000000-0000-4000-8000-000000000041',
        'a1000000-0000-4000-8000-000000000001', 'create', '{"n": 1.50}', 'a1000000-0000-4000-8000-000000000001',
        'participant', '2026-01-01 00:00Z', 'mobile_app', pg_catalog.gen_random_uuid());
    IF EXISTS (SELECT FROM diary.verify_record_audit(head.last_seq, head.last_hash))
       OR (SELECT h.last_seq FROM diary.record_audit_chain_head AS h) <> head.last_seq + 1 THEN
        RAISE EXCEPTION 'a new event does not follow the chain';
    END IF;
    SELECT h.* INTO STRICT head FROM diary.record_audit_chain_head AS h;
    -- The hashes do not depend on the session's settings.
    PERFORM pg_catalog.set_config('TimeZone', 'Asia/Kathmandu', true), pg_catalog.set_config('DateStyle', 'German', true),
            pg_catalog.set_config('IntervalStyle', 'sql_standard', true), pg_catalog.set_config('bytea_output', 'escape', true);
    IF EXISTS (SELECT FROM diary.verify_record_audit(head.last_seq, head.last_hash)) THEN
        RAISE EXCEPTION 'the hashes depend on session settings';
    END IF;

    FOR attempt, wanted IN SELECT * FROM (VALUES
        ('UPDATE diary.record_audit SET payload = payload || ''{"minutes": 1}'' WHERE event_id = ''e2000000-0000-4000-8000-000000000001''', 'event altered'),
        ('UPDATE diary.record_audit SET recorded_at = recorded_at + interval ''1 microsecond'' WHERE event_id = ''e2000000-0000-4000-8000-000000000001''', 'event altered'),
        ('UPDATE diary.record_audit SET change_reason = ''Something else'' WHERE event_id = ''e2000000-0000-4000-8000-000000000002''', 'event altered'),
        ('UPDATE diary.record_audit_chain SET hash = sha256(hash) WHERE seq = 3', 'does not follow the entry before'),
        ('DELETE FROM diary.record_audit_chain WHERE seq = 3', 'entries missing before this one'),
        ('DELETE FROM diary.record_audit_chain WHERE seq = (SELECT max(seq) FROM diary.record_audit_chain)', 'chain does not end at its head'),
        ('DELETE FROM diary.record_audit_chain_head', 'chain does not end at its head'),
        ('INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, actor_id, actor_role, occurred_at, source, session_id)
          SELECT gen_random_uuid(), gen_random_uuid(), participant_id, ''create'', ''{}'', participant_id, ''participant'', now(), ''mobile_app'', gen_random_uuid()
          FROM diary.participants LIMIT 1', 'event not in the chain'),
        -- Both ends cut alike, so that the chain is sound in itself: only a head kept elsewhere tells.
        ('WITH cut AS (DELETE FROM diary.record_audit_chain AS c USING diary.record_audit_chain_head AS h WHERE c.seq = h.last_seq RETURNING c.*),
               gone AS (DELETE FROM diary.record_audit AS a USING cut WHERE a.audit_id = cut.audit_id)
          UPDATE diary.record_audit_chain_head SET last_seq = cut.seq - 1, last_hash = cut.previous_hash FROM cut', 'differs from the known head'),
        ('UPDATE diary.record_audit_chain SET seq = -seq WHERE seq = 1', 'refused')
    ) AS cases LOOP
        found := NULL;
        BEGIN
            ALTER TABLE diary.record_audit DISABLE TRIGGER USER;
            ALTER TABLE diary.record_audit_chain DISABLE TRIGGER USER;
            ALTER TABLE diary.record_audit_chain_head DISABLE TRIGGER USER;
            FOR reference IN
                SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
                FROM pg_catalog.pg_constraint
                WHERE confrelid = 'diary.record_audit'::regclass
            LOOP
                EXECUTE reference;
            END LOOP;
            EXECUTE attempt;
            SELECT pg_catalog.string_agg(v.problem, '; ') INTO found
            FROM diary.verify_record_audit(head.last_seq, head.last_hash) AS v;
            RAISE EXCEPTION 'undo' USING ERRCODE = 'XX999';
        EXCEPTION
            WHEN SQLSTATE 'XX999' THEN NULL;
            WHEN check_violation THEN found := 'refused';
        END;
        IF found IS NULL OR pg_catalog.strpos(found, wanted) = 0 THEN
            RAISE EXCEPTION '"%" expected, "%" found after: %', wanted, coalesce(found, 'nothing'), attempt;
        END IF;
    END LOOP;
END $$;
