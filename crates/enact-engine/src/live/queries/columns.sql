select a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod),
       a.attnotnull and not exists (select from pg_constraint k
          where k.conrelid = a.attrelid and k.contype = 'n' and not k.convalidated and k.conkey[1] = a.attnum),
       coalesce(s.null_frac > 0, false)
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
 where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm') and @OWN@
 order by a.attrelid, a.attnum
