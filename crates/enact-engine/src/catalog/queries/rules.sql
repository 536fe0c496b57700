select 'rule', quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(r.rulename),
       concat_ws(e'\n', pg_get_ruledef(r.oid),
         case r.ev_enabled when 'D' then 'disabled' when 'R' then 'enabled on replica' when 'A' then 'enabled always' end),
       'pg_rewrite'::regclass::oid, r.oid, 0, null
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.oid >= 16384 and not (r.rulename = '_RETURN' and c.relkind in ('v', 'm')) and $scope and $own(pg_class, c.oid)
