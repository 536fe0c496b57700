select 'index', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       concat_ws(e'\n',
         pg_get_indexdef(c.oid),
         'tablespace ' || s.spcname,
         case when not i.indisvalid then 'invalid' end,
         case when not i.indisready then 'not ready' end,
         case when i.indisclustered then 'clustered' end,
         case when i.indisreplident then 'replica identity' end,
         case when c.relispartition then (
           select 'partition of ' || string_agg(p.inhparent::regclass::text, ', ' order by p.inhseqno)
           from pg_inherits p where p.inhrelid = c.oid) end,
         case when i.indexprs is not null then (
           select 'statistics ' || string_agg(a.attnum || ' = ' || a.attstattarget, ', ' order by a.attnum)
           from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0) end),
       'pg_class'::regclass::oid, c.oid, 0, null
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_tablespace s on s.oid = c.reltablespace
where i.indexrelid >= 16384 and $scope and $own(pg_class, i.indrelid)
