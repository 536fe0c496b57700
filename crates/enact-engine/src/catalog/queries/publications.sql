select 'publication', quote_ident(p.pubname),
       concat_ws(e'\n',
         case when p.puballtables then 'all tables' end,
         case when p.puballsequences then 'all sequences' end,
         'publish ' || concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                                 case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end),
         case when p.pubviaroot then 'via partition root' end,
         'generated columns ' || nullif(p.pubgencols::text, 'n'),
         (select string_agg('table ' || r.prrelid::regclass::text
                   || coalesce(' (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                                        from unnest(r.prattrs::int2[]) k
                                        join pg_attribute a on a.attrelid = r.prrelid and a.attnum = k) || ')', '')
                   || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), ''),
                   e'\n' order by r.prrelid::regclass::text collate "C")
          from (select null::pg_node_tree as prqual, null::int2vector as prattrs) missing,
               lateral (select prrelid, prqual, prattrs from pg_publication_rel where prpubid = p.oid) r),
         (select string_agg('schema ' || quote_ident(sn.nspname), e'\n' order by sn.nspname)
          from pg_depend whole
          join pg_depend part on part.classid = whole.classid and part.objid = whole.objid
                             and part.refclassid = 'pg_namespace'::regclass
          join pg_namespace sn on sn.oid = part.refobjid
          where whole.refclassid = 'pg_publication'::regclass and whole.refobjid = p.oid
            and whole.classid = 6237)),
       'pg_publication'::regclass::oid, p.oid, 0, pg_get_userbyid(p.pubowner)
from (select null::"char" as pubgencols, false as puballsequences) missing,
     lateral (select oid, pubname, pubowner, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot,
                     pubgencols, puballsequences
              from pg_publication) p
where $own(pg_publication, p.oid) and not $platform(p.pubowner)
union all
select 'event trigger', quote_ident(e.evtname),
       concat_ws(e'\n',
         'on ' || e.evtevent || ' execute ' || e.evtfoid::regprocedure,
         (select 'tags ' || string_agg(quote_literal(t), ', ' order by t collate "C") from unnest(e.evttags) t),
         case e.evtenabled when 'D' then 'disabled' when 'R' then 'enabled on replica' when 'A' then 'enabled always' end),
       'pg_event_trigger'::regclass::oid, e.oid, 0, pg_get_userbyid(e.evtowner)
from pg_event_trigger e
join pg_proc f on f.oid = e.evtfoid
join pg_namespace n on n.oid = f.pronamespace
where ($scope or n.nspname in ('pg_catalog', 'information_schema')) and $own(pg_event_trigger, e.oid) and not $platform(e.evtowner)
