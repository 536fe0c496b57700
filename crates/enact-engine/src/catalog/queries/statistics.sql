select 'statistics', quote_ident(n.nspname) || '.' || quote_ident(s.stxname),
       concat_ws(e'\n', pg_get_statisticsobjdef(s.oid), 'statistics ' || nullif(s.stxstattarget, -1)),
       'pg_statistic_ext'::regclass::oid, s.oid, 0, pg_get_userbyid(s.stxowner)
from pg_statistic_ext s
join pg_namespace n on n.oid = s.stxnamespace
where s.oid >= 16384 and $scope and $own(pg_statistic_ext, s.oid)
