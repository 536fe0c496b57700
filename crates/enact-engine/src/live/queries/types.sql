select n.nspname::text, t.typname::text, t.typtype::text, t.typdefault is not null,
       t.typnotnull or exists (select from pg_constraint k where k.contypid = t.oid), coalesce(format_type(nullif(t.typbasetype, 0), t.typtypmod), '')
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
 where t.typtype in ('d', 'e') and @OWN@
 order by t.oid
