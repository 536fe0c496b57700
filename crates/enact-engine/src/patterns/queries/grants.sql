select g.relation, g.name, case g.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(g.grantee)) end,
       string_agg(g.privilege_type, ',' order by g.privilege_type), g.is_grantable
from (select c.oid::regclass::text as relation, '' as name, x.*, c.relowner
      from pg_class c, aclexplode(c.relacl) x where c.oid = any ($1)
      union all
      select c.oid::regclass::text, a.attname, x.*, c.relowner
      from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x
      where a.attrelid = any ($1) and not a.attisdropped) g
where g.grantee <> g.relowner
group by 1, 2, g.grantee, g.is_grantable
order by 1, 2, 3, 5
