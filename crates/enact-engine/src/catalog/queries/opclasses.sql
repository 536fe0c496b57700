select 'operator class', quote_ident(n.nspname) || '.' || quote_ident(o.opcname) || ' using ' || quote_ident(m.amname),
       concat_ws(' ',
         'for type', format_type(o.opcintype, null),
         'family', quote_ident(fn.nspname) || '.' || quote_ident(f.opfname),
         case when o.opcdefault then 'default' end,
         case when o.opckeytype <> 0 then 'storage ' || format_type(o.opckeytype, null) end),
       'pg_opclass'::regclass::oid, o.oid, 0, pg_get_userbyid(o.opcowner)
from pg_opclass o
join pg_namespace n on n.oid = o.opcnamespace
join pg_am m on m.oid = o.opcmethod
join pg_opfamily f on f.oid = o.opcfamily
join pg_namespace fn on fn.oid = f.opfnamespace
where o.oid >= 16384 and $scope and $own(pg_opclass, o.oid)
union all
select 'operator family', quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(m.amname),
       concat_ws(e'\n', 'operator family',
         (select string_agg(line, e'\n' order by line collate "C")
          from (select concat_ws(' ', 'operator', a.amopstrategy, a.amopopr::regoperator,
                         case when a.amopsortfamily <> 0 then (
                           select 'order by ' || quote_ident(sn.nspname) || '.' || quote_ident(s.opfname)
                           from pg_opfamily s join pg_namespace sn on sn.oid = s.opfnamespace
                           where s.oid = a.amopsortfamily) end) as line
                from pg_amop a where a.amopfamily = f.oid
                union all
                select concat_ws(' ', 'function', p.amprocnum,
                         '(' || format_type(p.amproclefttype, null) || ', ' || format_type(p.amprocrighttype, null) || ')',
                         p.amproc::oid::regprocedure)
                from pg_amproc p where p.amprocfamily = f.oid) members)),
       'pg_opfamily'::regclass::oid, f.oid, 0, pg_get_userbyid(f.opfowner)
from pg_opfamily f
join pg_namespace n on n.oid = f.opfnamespace
join pg_am m on m.oid = f.opfmethod
where f.oid >= 16384 and $scope and $own(pg_opfamily, f.oid)
