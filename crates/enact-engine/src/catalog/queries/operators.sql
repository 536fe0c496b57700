select 'operator', quote_ident(n.nspname) || '.' || o.oprname || '('
         || case when o.oprleft = 0 then 'none' else format_type(o.oprleft, null) end || ', '
         || case when o.oprright = 0 then 'none' else format_type(o.oprright, null) end || ')',
       concat_ws(e'\n',
         'function ' || o.oprcode::oid::regprocedure,
         case when o.oprcom <> 0 then 'commutator ' || o.oprcom::regoperator end,
         case when o.oprnegate <> 0 then 'negator ' || o.oprnegate::regoperator end,
         case when o.oprrest <> 0 then 'restrict ' || o.oprrest::oid::regprocedure end,
         case when o.oprjoin <> 0 then 'join ' || o.oprjoin::oid::regprocedure end,
         case when o.oprcanhash then 'hashes' end,
         case when o.oprcanmerge then 'merges' end),
       'pg_operator'::regclass::oid, o.oid, 0, pg_get_userbyid(o.oprowner)
from pg_operator o
join pg_namespace n on n.oid = o.oprnamespace
where o.oid >= 16384 and $scope and $own(pg_operator, o.oid)
