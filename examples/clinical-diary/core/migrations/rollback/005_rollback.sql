-- =====================================================
-- Rollback: 005 - Add tamper detection
-- =====================================================
-- Drops the chain if it holds nothing but hashes of events older than itself: those say nothing that the events do not
-- say, and are computed again when 005 is applied again. A hash taken as its event came is evidence of what the event
-- was at that time; computed again later it would bear witness to whatever stands there then. So this rollback refuses
-- once an event was chained as it came, and also while verification finds tampering. The way on is a forward migration, or
-- an export of the chain under a change request.

LOCK TABLE diary.record_audit IN SHARE ROW EXCLUSIVE MODE;

DO $$
DECLARE
    problems bigint;
    live bigint;
BEGIN
    SELECT pg_catalog.count(*) INTO problems FROM diary.verify_record_audit();
    IF problems > 0 THEN
        RAISE EXCEPTION 'Rollback refused: verification finds % problems; the chain is the evidence', problems
            USING ERRCODE = 'restrict_violation', HINT = 'SELECT * FROM diary.verify_record_audit();';
    END IF;
    SELECT pg_catalog.count(*) INTO live FROM diary.record_audit_chain WHERE NOT backfilled;
    IF live > 0 THEN
        RAISE EXCEPTION 'Rollback refused: % events were chained as they came; their hashes cannot be made again', live
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Correct 005 by a forward migration, or archive the chain under a change request first.';
    END IF;
END $$;

DROP TRIGGER record_audit_chain_event ON diary.record_audit;
DROP FUNCTION diary.verify_record_audit(bigint, bytea);
DROP FUNCTION diary.chain_event();
DROP FUNCTION diary.event_text(diary.record_audit);
DROP TABLE diary.record_audit_chain_head;
DROP TABLE diary.record_audit_chain;

DO $$
BEGIN
    IF pg_catalog.to_regclass('diary.record_audit_chain') IS NOT NULL
       OR pg_catalog.to_regclass('diary.record_audit_chain_head') IS NOT NULL
       OR EXISTS (SELECT FROM pg_catalog.pg_trigger
                  WHERE tgrelid = 'diary.record_audit'::regclass AND tgname = 'record_audit_chain_event') THEN
        RAISE EXCEPTION 'Rollback failed: parts of the chain are still there';
    END IF;
END $$;
