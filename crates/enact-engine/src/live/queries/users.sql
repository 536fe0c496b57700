select d.refobjid, a.attname::text,
       case when r.oid is not null and v.oid <> d.refobjid then 'view' when r.oid is not null then 'rule'
            when p.oid is not null then 'policy' when t.oid is not null then 'trigger' when ga.attrelid is not null then 'generated'
            when d.classid = 'pg_proc'::regclass then 'function' else 'publication' end,
       case when v.oid <> d.refobjid then vn.nspname::text when f.oid is not null then fn.nspname::text end,
       coalesce(case when v.oid <> d.refobjid then v.relname::text end, r.rulename::text, p.polname::text, t.tgname::text, ga.attname::text,
                f.proname::text, pb.pubname::text)
  from pg_depend d
  join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  join pg_class c on c.oid = d.refobjid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
  left join pg_class v on v.oid = r.ev_class
  left join pg_namespace vn on vn.oid = v.relnamespace
  left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
  left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid and not t.tgisinternal
  left join pg_attrdef g on d.classid = 'pg_attrdef'::regclass and g.oid = d.objid and g.adnum <> d.refobjsubid
  -- Before PostgreSQL 15 the generated column itself depends on the other, later its expression does.
  left join pg_attribute ga on ga.attgenerated <> ''
                           and ga.attrelid = coalesce(g.adrelid, case when d.classid = 'pg_class'::regclass and d.objsubid > 0 then d.objid end)
                           and ga.attnum = coalesce(g.adnum, d.objsubid)
  left join pg_proc f on d.classid = 'pg_proc'::regclass and f.oid = d.objid
  left join pg_namespace fn on fn.oid = f.pronamespace
  left join pg_publication_rel pr on d.classid = 'pg_publication_rel'::regclass and pr.oid = d.objid
  left join pg_publication pb on pb.oid = pr.prpubid
 where d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and c.relkind in ('r', 'p', 'v', 'm') and @OWN@
   and coalesce(r.oid, p.oid, t.oid, ga.attrelid, f.oid, pb.oid) is not null
 group by 1, 2, 3, 4, 5
 order by 1, 2, 3, 4, 5
