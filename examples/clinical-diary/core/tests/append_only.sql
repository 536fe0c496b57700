-- The audit trail refuses change, from its owner too, and also when triggers are said to be off for replication.
DO $$
DECLARE
    attempt text;
    refused text;
    events_before bigint := (SELECT pg_catalog.count(*) FROM diary.record_audit);
BEGIN
    FOREACH attempt IN ARRAY ARRAY[
        'UPDATE diary.record_audit SET payload = ''{}''',
        'UPDATE diary.record_audit SET payload = ''{}'' WHERE false',
        'DELETE FROM diary.record_audit',
        'TRUNCATE diary.record_audit CASCADE',
        'UPDATE diary.record_audit_chain SET backfilled = true',
        'DELETE FROM diary.record_audit_chain',
        'INSERT INTO diary.record_audit_chain SELECT 999999, 1, sha256(''''), sha256(''''), false',
        'UPDATE diary.record_audit_chain_head SET last_seq = 0',
        'DELETE FROM diary.record_audit_chain_head',
        'INSERT INTO diary.record_state SELECT * FROM diary.record_state',
        'UPDATE diary.record_state SET version = version + 1',
        'DELETE FROM diary.record_state'
    ] LOOP
        refused := NULL;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN restrict_violation THEN
            refused := SQLERRM;
        END;
        IF refused IS NULL THEN
            RAISE EXCEPTION 'not refused: %', attempt;
        END IF;
    END LOOP;
    IF (SELECT pg_catalog.count(*) FROM diary.record_audit) <> events_before OR events_before = 0 THEN
        RAISE EXCEPTION 'events went missing';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
               WHERE c.relnamespace = 'diary'::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A') THEN
        RAISE EXCEPTION 'a guard can be switched off by session_replication_role';
    END IF;
END $$;
