select 'trigger', quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(t.tgname),
       concat_ws(e'\n', pg_get_triggerdef(t.oid),
         case t.tgenabled when 'D' then 'disabled' when 'R' then 'enabled on replica' when 'A' then 'enabled always' end),
       'pg_trigger'::regclass::oid, t.oid, 0, null
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and $scope and $own(pg_class, c.oid)
