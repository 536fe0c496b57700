select 'schema', quote_ident(n.nspname), 'schema', 'pg_namespace'::regclass::oid, n.oid, 0, pg_get_userbyid(n.nspowner)
from pg_namespace n
where $scope and $own(pg_namespace, n.oid)
