select k.conrelid, k.conname::text, k.contype::text, k.convalidated, pg_get_expr(k.conbin, k.conrelid), k.confrelid,
       array(select a.attname::text from unnest(k.conkey) with ordinality u (n, o)
               join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o),
       array(select a.attname::text from unnest(k.confkey) with ordinality u (n, o)
               join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.o)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
 where k.contype in ('c', 'f') and @OWN@
 order by k.oid
