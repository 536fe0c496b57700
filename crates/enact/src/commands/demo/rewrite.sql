ALTER TABLE enact.ledger DISABLE TRIGGER USER;
DO $$
DECLARE
    entry record;
    link bytea;
    forged bytea;
BEGIN
    FOR entry IN SELECT seq, prev, body FROM enact.ledger ORDER BY seq LOOP
        forged := convert_to(replace(convert_from(entry.body, 'UTF8'), 'Ada Example', 'Bob Nobody'), 'UTF8');
        IF link IS NOT NULL THEN
            forged := convert_to(replace(convert_from(forged, 'UTF8'), encode(entry.prev, 'hex'), encode(link, 'hex')), 'UTF8');
        END IF;
        UPDATE enact.ledger SET body = forged, prev = coalesce(link, prev), hash = sha256('\x00'::bytea || forged) WHERE seq = entry.seq;
        link := sha256('\x00'::bytea || forged);
    END LOOP;
END
$$;
ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_append_only;
ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_not_truncated;
