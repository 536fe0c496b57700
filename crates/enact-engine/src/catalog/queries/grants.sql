with acls (class, oid, sub, owner, acl, standard) as (
  select 'pg_class'::regclass::oid, oid, 0, relowner, relacl,
         acldefault(case when relkind = 'S' then 's' else 'r' end::"char", relowner)
  from pg_class where relacl is not null and oid >= 16384
  union all
  select 'pg_class'::regclass, a.attrelid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner)
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  where a.attacl is not null and a.attrelid >= 16384 and not a.attisdropped
  union all
  select 'pg_proc'::regclass, oid, 0, proowner, proacl, acldefault('f', proowner) from pg_proc where proacl is not null and oid >= 16384
  union all
  select 'pg_type'::regclass, oid, 0, typowner, typacl, acldefault('T', typowner) from pg_type where typacl is not null and oid >= 16384
  union all
  select 'pg_namespace'::regclass, oid, 0, nspowner, nspacl, acldefault('n', nspowner) from pg_namespace where nspacl is not null
  union all
  select 'pg_language'::regclass, oid, 0, lanowner, lanacl, acldefault('l', lanowner) from pg_language where lanacl is not null
  union all
  select 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwowner, fdwacl, acldefault('F', fdwowner)
  from pg_foreign_data_wrapper where fdwacl is not null
  union all
  select 'pg_foreign_server'::regclass, oid, 0, srvowner, srvacl, acldefault('S', srvowner)
  from pg_foreign_server where srvacl is not null
),
rendered (class, oid, sub, acl, standard) as (
  select class, oid, sub, $acl(acl, owner), $acl(standard, owner) from acls
)
select 'grant', null, acl, class, oid, sub, null from rendered where acl <> standard
union all
select 'default privileges', 'for role ' || quote_ident(pg_get_userbyid(d.defaclrole))
         || coalesce(' in schema ' || quote_ident(n.nspname), '') || ' on '
         || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                                 when 'T' then 'types' when 'n' then 'schemas' else d.defaclobjtype::text end,
       $acl(d.defaclacl, d.defaclrole), 'pg_default_acl'::regclass::oid, d.oid, 0, null
from pg_default_acl d
left join pg_namespace n on n.oid = d.defaclnamespace
where (n.oid is null or $scope) and not $platform(d.defaclrole)
