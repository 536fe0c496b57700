select 'cast', '(' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')',
       concat_ws(' ',
         case c.castmethod when 'f' then 'with function ' || c.castfunc::regprocedure
                           when 'i' then 'with inout' else 'without function' end,
         case c.castcontext when 'a' then 'as assignment' when 'i' then 'as implicit' end),
       'pg_cast'::regclass::oid, c.oid, 0, null
from pg_cast c
left join pg_proc f on f.oid = c.castfunc
where c.oid >= 16384 and $own(pg_cast, c.oid)
  -- what a range type brings with it
  and f.prosrc is distinct from 'multirange_constructor1'
union all
select 'transform', 'for ' || format_type(t.trftype, null) || ' language ' || quote_ident(l.lanname),
       concat_ws(e'\n',
         case when t.trffromsql <> 0 then 'from sql ' || t.trffromsql::oid::regprocedure end,
         case when t.trftosql <> 0 then 'to sql ' || t.trftosql::oid::regprocedure end),
       'pg_transform'::regclass::oid, t.oid, 0, null
from pg_transform t
join pg_language l on l.oid = t.trflang
where t.oid >= 16384 and $own(pg_transform, t.oid)
union all
select 'language', quote_ident(l.lanname),
       concat_ws(e'\n',
         case when l.lanpltrusted then 'trusted' else 'untrusted' end,
         case when l.lanplcallfoid <> 0 then 'handler ' || l.lanplcallfoid::regprocedure end,
         case when l.laninline <> 0 then 'inline ' || l.laninline::regprocedure end,
         case when l.lanvalidator <> 0 then 'validator ' || l.lanvalidator::regprocedure end),
       'pg_language'::regclass::oid, l.oid, 0, pg_get_userbyid(l.lanowner)
from pg_language l
where l.oid >= 16384 and $own(pg_language, l.oid)
union all
select 'access method', quote_ident(m.amname),
       case m.amtype when 'i' then 'index' else 'table' end || ' handler ' || m.amhandler::oid::regprocedure,
       'pg_am'::regclass::oid, m.oid, 0, null
from pg_am m
where m.oid >= 16384 and $own(pg_am, m.oid)
