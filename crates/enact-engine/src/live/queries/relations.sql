select c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.reltuples::float8, c.relpages::int8 * current_setting('block_size')::int8,
       coalesce(array(select split_part(o, '=', 1) from unnest(c.reloptions) o), '{}'),
       exists (select from pg_policy p where p.polrelid = c.oid)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm') and @OWN@
 order by coalesce(array_position($1::text[], n.nspname::text), 100000) desc, c.oid
