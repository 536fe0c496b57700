select case p.prokind when 'p' then 'procedure' else 'function' end,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')',
       pg_get_functiondef(p.oid),
       'pg_proc'::regclass::oid, p.oid, 0, pg_get_userbyid(p.proowner)
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.oid >= 16384 and p.prokind <> 'a' and $scope and $own(pg_proc, p.oid)
  -- what a range type brings with it
  and not (p.prolang = 12 and p.prosrc ~ '^(multi)?range_constructor')
