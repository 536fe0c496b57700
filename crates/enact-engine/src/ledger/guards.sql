WITH sources(name, wanted) AS (
    SELECT s.name, s.wanted FROM unnest($1::text[], $2::text[], $3::integer[]) s(name, wanted, since)
    -- Functions of version 0 belong to the recorder, which may be absent.
    WHERE CASE s.since WHEN 0 THEN EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = to_regnamespace('enact') AND p.proname = s.name)
          ELSE s.since <= (SELECT max(v.version) FROM enact.schema_version v) END
),
recorder(name, event, function) AS (VALUES ('enact_ddl', 'ddl_command_end', 'note_ddl'), ('enact_drop', 'sql_drop', 'note_drop')),
event_triggers AS (SELECT e.evtname::text AS name, e.evtevent::text AS event, e.evtenabled, e.evtfoid FROM pg_event_trigger e),
functions AS (
    SELECT p.oid, p.proname::text AS name, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') AS source, p.prosecdef, p.proconfig, p.proacl, p.proowner
    FROM pg_proc p WHERE p.pronamespace = to_regnamespace('enact')
),
triggers(name, type, enabled, function) AS (
    SELECT t.tgname::text, t.tgtype, t.tgenabled, t.tgfoid FROM pg_trigger t
    WHERE t.tgrelid = to_regclass('enact.ledger') AND NOT t.tgisinternal
),
expected_triggers(name, type) AS (VALUES ('ledger_is_append_only', 27::smallint), ('ledger_is_not_truncated', 34::smallint)),
ledger AS (SELECT c.* FROM pg_class c WHERE c.oid = to_regclass('enact.ledger'))
SELECT format('trigger %s on enact.ledger is missing or is another one', e.name) FROM expected_triggers e
WHERE NOT EXISTS (SELECT FROM triggers t JOIN functions f ON f.oid = t.function WHERE t.name = e.name AND t.type = e.type AND f.name = 'refuse')
UNION ALL
SELECT format('trigger %s on enact.ledger does not fire always (state %s)', t.name, t.enabled) FROM triggers t JOIN expected_triggers e USING (name)
WHERE t.enabled <> 'A'
UNION ALL
SELECT format('enact.ledger has a trigger that Enact did not install: %s', t.name) FROM triggers t
WHERE NOT EXISTS (SELECT FROM expected_triggers e WHERE e.name = t.name)
UNION ALL
SELECT format('enact.ledger has a rule: %s', r.rulename) FROM pg_rewrite r JOIN ledger l ON r.ev_class = l.oid
UNION ALL
SELECT 'row-level security is on for enact.ledger' FROM ledger l WHERE l.relrowsecurity
UNION ALL
SELECT format('function enact.%s is missing', s.name) FROM sources s WHERE NOT EXISTS (SELECT FROM functions f WHERE f.name = s.name)
UNION ALL
SELECT format('function enact.%s is not the one that this version installs', s.name) FROM sources s JOIN functions f USING (name) WHERE f.source <> s.wanted
UNION ALL
SELECT format('function enact.%s runs with other rights or settings than as installed', f.name) FROM functions f JOIN sources s USING (name)
WHERE f.prosecdef IS DISTINCT FROM (f.name <> 'refuse') OR f.proconfig IS DISTINCT FROM
      CASE WHEN f.name IN ('note_ddl', 'note_drop', 'within_run') THEN ARRAY['search_path=pg_catalog, pg_temp', 'lock_timeout=100ms']
      ELSE ARRAY['search_path=pg_catalog, pg_temp'] END
UNION ALL
SELECT format('schema enact has a function that Enact did not install: %s', f.name) FROM functions f WHERE NOT EXISTS (SELECT FROM sources s WHERE s.name = f.name)
UNION ALL
SELECT format('enact.ledger has lost its constraint %s', e.name)
FROM (VALUES ('ledger_pkey', 'PRIMARY KEY (seq)'), ('ledger_prev_key', 'UNIQUE (prev)'), ('ledger_hash_check', 'CHECK (hash = sha256(''\x00''::bytea || body))'), ('ledger_seq_check', 'CHECK (seq > 0)')) e(name, definition)
WHERE NOT EXISTS (SELECT FROM pg_constraint k JOIN ledger l ON k.conrelid = l.oid
                  WHERE k.conname = e.name AND k.convalidated AND translate(pg_get_constraintdef(k.oid), '() ', '') IN (translate(e.definition, '() ', ''),
                      translate(replace(e.definition, '\x00', '\000'), '() ', '')))
UNION ALL
SELECT format('%s may %s enact.ledger', CASE a.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type)
FROM ledger l CROSS JOIN LATERAL aclexplode(l.relacl) a
WHERE a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') AND a.grantee <> l.relowner
UNION ALL
SELECT format('%s may %s into columns of enact.ledger', CASE x.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee)::text END, x.privilege_type)
FROM ledger l JOIN pg_attribute a ON a.attrelid = l.oid CROSS JOIN LATERAL aclexplode(a.attacl) x
WHERE x.privilege_type IN ('INSERT', 'UPDATE') AND x.grantee <> l.relowner
UNION ALL
SELECT 'everybody may use enact.append' FROM functions f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
WHERE f.name = 'append' AND a.grantee = 0
UNION ALL
SELECT 'enact.ledger and its functions do not belong to one owner' FROM ledger l
WHERE EXISTS (SELECT FROM functions f WHERE f.proowner <> l.relowner)
UNION ALL
SELECT format('the recorder of DDL is incomplete: event trigger %s is missing or is another one', r.name) FROM recorder r
WHERE EXISTS (SELECT FROM functions f WHERE f.name IN ('note_ddl', 'note_drop'))
  AND NOT EXISTS (SELECT FROM event_triggers e JOIN functions f ON f.oid = e.evtfoid WHERE (e.name, e.event, f.name) = (r.name, r.event, r.function))
UNION ALL
SELECT 'the recorder of DDL is incomplete: table enact.ddl is missing'
WHERE EXISTS (SELECT FROM functions f WHERE f.name IN ('note_ddl', 'note_drop')) AND to_regclass('enact.ddl') IS NULL
UNION ALL
SELECT format('event trigger %s does not fire always (state %s)', e.name, e.evtenabled) FROM event_triggers e JOIN recorder r USING (name) WHERE e.evtenabled <> 'A'
UNION ALL
SELECT format('trigger %s on enact.ddl is missing, is another one or does not fire always', x.name)
FROM (VALUES ('ddl_is_append_only', 27::smallint), ('ddl_is_not_truncated', 34::smallint)) x(name, type)
WHERE to_regclass('enact.ddl') IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_trigger t JOIN functions f ON f.oid = t.tgfoid
    WHERE t.tgrelid = to_regclass('enact.ddl') AND (t.tgname, t.tgtype, t.tgenabled, f.name) = (x.name, x.type, 'A', 'refuse_ddl'))
UNION ALL
SELECT format('%s may %s enact.ddl', CASE a.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type)
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE c.oid = to_regclass('enact.ddl') AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') AND a.grantee <> c.relowner
