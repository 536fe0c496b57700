select 'policy', quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(p.polname),
       concat_ws(e'\n',
         case when p.polpermissive then 'permissive' else 'restrictive' end || ' for '
         || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
         || ' to ' || (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', '
                                         order by pg_get_userbyid(r)) from unnest(p.polroles) r),
         'using ' || pg_get_expr(p.polqual, p.polrelid),
         'with check ' || pg_get_expr(p.polwithcheck, p.polrelid)),
       'pg_policy'::regclass::oid, p.oid, 0, null
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where $scope and $own(pg_class, c.oid)
