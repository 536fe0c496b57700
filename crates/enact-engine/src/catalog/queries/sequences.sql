select 'sequence', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       concat_ws(e'\n',
         format_type(s.seqtypid, null) || ' start ' || s.seqstart || ' increment ' || s.seqincrement
         || ' minimum ' || s.seqmin || ' maximum ' || s.seqmax || ' cache ' || s.seqcache
         || case when s.seqcycle then ' cycle' else '' end,
         case when c.relpersistence = 'u' then 'unlogged' end,
         (select case d.deptype when 'i' then 'identity of ' else 'owned by ' end
                 || d.refobjid::regclass::text || '.' || quote_ident(a.attname)
          from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') limit 1)),
       'pg_class'::regclass::oid, c.oid, 0, pg_get_userbyid(c.relowner)
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
where c.oid >= 16384 and $scope and $own(pg_class, c.oid)
