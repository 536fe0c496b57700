select 'collation', quote_ident(n.nspname) || '.' || quote_ident(c.collname),
       concat_ws(e'\n',
         'provider ' || c.collprovider::text,
         case when not c.collisdeterministic then 'not deterministic' end,
         'encoding ' || nullif(c.collencoding, -1),
         'lc_collate ' || quote_literal(c.collcollate), 'lc_ctype ' || quote_literal(c.collctype),
         'locale ' || quote_literal(coalesce(c.colllocale, c.colliculocale)),
         'rules ' || quote_literal(c.collicurules)),
       'pg_collation'::regclass::oid, c.oid, 0, pg_get_userbyid(c.collowner)
from (select null::text as colllocale, null::text as colliculocale, null::text as collicurules) missing,
     lateral (select oid, collname, collnamespace, collowner, collprovider, collisdeterministic, collencoding, collcollate,
                     collctype, colllocale, colliculocale, collicurules
              from pg_collation where oid >= 16384) c
join pg_namespace n on n.oid = c.collnamespace
where $scope and $own(pg_collation, c.oid)
union all
select 'conversion', quote_ident(n.nspname) || '.' || quote_ident(c.conname),
       concat_ws(' ', case when c.condefault then 'default' end, 'for', quote_literal(pg_encoding_to_char(c.conforencoding)),
         'to', quote_literal(pg_encoding_to_char(c.contoencoding)), 'from', c.conproc::oid::regprocedure),
       'pg_conversion'::regclass::oid, c.oid, 0, pg_get_userbyid(c.conowner)
from pg_conversion c
join pg_namespace n on n.oid = c.connamespace
where c.oid >= 16384 and $scope and $own(pg_conversion, c.oid)
