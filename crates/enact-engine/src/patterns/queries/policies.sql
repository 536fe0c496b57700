select p.polname,
       'CREATE POLICY ' || quote_ident(p.polname) || ' ON ' || p.polrelid::regclass || ' AS '
       || case when p.polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end || ' FOR '
       || case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end
       || ' TO ' || (select string_agg(case when r = 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end, ', '
                                       order by pg_get_userbyid(r)) from unnest(p.polroles) r)
       || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
       || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') || ';',
       (select string_agg(distinct a.attname, e'\x1f') from pg_depend d
        join pg_attribute a on a.attrelid = p.polrelid and a.attnum = d.refobjsubid
        where d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
          and d.refobjid = p.polrelid and d.refobjsubid > 0),
       obj_description(p.oid, 'pg_policy'),
       'AS ' || case when p.polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end || ' FOR '
       || case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end
       || ' TO ' || (select string_agg(case when r = 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end, ', '
                                       order by pg_get_userbyid(r)) from unnest(p.polroles) r),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
from pg_policy p
where p.polrelid = $1
order by p.polname
