select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                      when 'c' then 'type' else 'table' end,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       concat_ws(e'\n',
         case c.relkind when 'p' then 'partitioned by ' || pg_get_partkeydef(c.oid)
                        when 'c' then 'composite'
                        when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                        else 'table' end,
         case c.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
         case when c.reloftype <> 0 then 'of type ' || format_type(c.reloftype, null) end,
         case when c.relhassubclass or c.relispartition or c.relkind in ('r', 'f') then (
           select case when c.relispartition then 'partition of ' else 'inherits ' end
                  || string_agg(i.inhparent::regclass::text || case when i.inhdetachpending then ' (detach pending)' else '' end,
                                ', ' order by i.inhseqno)
           from (select false as inhdetachpending) missing,
                lateral (select p.inhparent, p.inhseqno, inhdetachpending from pg_inherits p where p.inhrelid = c.oid) i) end,
         pg_get_expr(c.relpartbound, c.oid),
         case when c.relkind <> 'v' then 'access method ' || nullif(m.amname, 'heap') end,
         'tablespace ' || s.spcname,
         case when c.relkind in ('r', 'p', 'm') then
           case c.relreplident when 'f' then 'replica identity full' when 'n' then 'replica identity nothing'
                               when 'i' then 'replica identity using index' end end,
         case when c.relrowsecurity then 'row level security enabled' end,
         case when c.relforcerowsecurity then 'row level security forced' end,
         case when c.reloptions is not null then
           'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(c.reloptions) o) end,
         case when toast.reloptions is not null then
           'toast options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(toast.reloptions) o) end,
         case when ft.ftrelid is not null then 'server ' || quote_ident(srv.srvname) end,
         case when ft.ftoptions is not null then
           'foreign options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(ft.ftoptions) o) end,
         case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end),
       case when c.relkind = 'c' then 'pg_type'::regclass else 'pg_class'::regclass end::oid,
       case when c.relkind = 'c' then c.reltype else c.oid end, 0,
       pg_get_userbyid(c.relowner)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_am m on m.oid = c.relam
left join pg_tablespace s on s.oid = c.reltablespace
left join pg_class toast on toast.oid = c.reltoastrelid and toast.reloptions is not null
left join pg_foreign_table ft on ft.ftrelid = c.oid
left join pg_foreign_server srv on srv.oid = ft.ftserver
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and c.oid >= 16384 and $scope and $own(pg_class, c.oid)
  and $own(pg_type, c.reltype)
