-- The proxy delivers each event once, sees nothing of core, and cannot rewrite the log; reports show counts only.
DO $$
DECLARE
    granted text;
BEGIN
    FOREACH granted IN ARRAY ARRAY['orion_edc_proxy', 'orion_reports'] LOOP
        IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
            EXECUTE pg_catalog.format('GRANT %I TO CURRENT_USER', granted);
        END IF;
    END LOOP;
END $$;
DO $$
BEGIN
    BEGIN
        DELETE FROM orion.edc_sync_log;
    EXCEPTION WHEN restrict_violation THEN
        RETURN;
    END;
    RAISE EXCEPTION 'the sync log can be deleted from';
END $$;

SET LOCAL ROLE orion_edc_proxy;
DO $$
DECLARE
    attempt text;
    refused boolean;
    first bigint[];
    second bigint[];
BEGIN
    IF orion.edc_enqueue() <> 0 THEN
        RAISE EXCEPTION 'events are queued a second time';
    END IF;
    SELECT pg_catalog.array_agg(c.outbox_id) INTO first FROM orion.edc_claim('proxy-a', 2) AS c;
    SELECT pg_catalog.array_agg(c.outbox_id) INTO second FROM orion.edc_claim('proxy-b', 1000) AS c;
    IF first && second OR pg_catalog.cardinality(first) <> 2 OR second IS NULL THEN
        RAISE EXCEPTION 'two workers claim % and %', first, second;
    END IF;
    PERFORM orion.edc_report(first[1], 'proxy-a', 200::smallint, 'urn:edc:receipt:0002');
    refused := false;
    BEGIN
        PERFORM orion.edc_report(second[1], 'proxy-a', 200::smallint, 'urn:edc:receipt:0003');
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        refused := true;
    END;
    IF NOT refused THEN RAISE EXCEPTION 'a worker reports on the claim of another'; END IF;

    FOREACH attempt IN ARRAY ARRAY[
        'SELECT FROM diary.record_audit', 'DELETE FROM orion.edc_sync_log', 'UPDATE orion.edc_outbox SET status = ''delivered''',
        'SELECT FROM orion.site_activity_daily'
    ] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'the proxy may: %', attempt; END IF;
    END LOOP;
END $$;

SET LOCAL ROLE orion_reports;
DO $$
DECLARE
    attempt text;
    refused boolean;
BEGIN
    IF (SELECT pg_catalog.count(*) FROM orion.participant_compliance) <> 3
       OR (SELECT pg_catalog.sum(events) FROM orion.site_activity_daily) IS NULL
       OR (SELECT pg_catalog.sum(events) FROM orion.edc_delivery_report) IS NULL THEN
        RAISE EXCEPTION 'the reports are not filled';
    END IF;
    FOREACH attempt IN ARRAY ARRAY['SELECT FROM diary.participants', 'SELECT FROM orion.edc_subject_map'] LOOP
        refused := false;
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            refused := true;
        END;
        IF NOT refused THEN RAISE EXCEPTION 'a reader of reports may: %', attempt; END IF;
    END LOOP;
END $$;
