select 'extension', quote_ident(x.extname), 'version ' || quote_literal(x.extversion) || ' schema ' || quote_ident(n.nspname),
       'pg_extension'::regclass::oid, x.oid, 0, pg_get_userbyid(x.extowner)
from pg_extension x
join pg_namespace n on n.oid = x.extnamespace
