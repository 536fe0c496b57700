select 'text search configuration', quote_ident(n.nspname) || '.' || quote_ident(c.cfgname),
       concat_ws(e'\n',
         'parser ' || quote_ident(pn.nspname) || '.' || quote_ident(p.prsname),
         (select string_agg(line, e'\n' order by line collate "C")
          from (select coalesce((select t.alias from ts_token_type(c.cfgparser) t where t.tokid = m.maptokentype),
                                m.maptokentype::text)
                       || ' with ' || string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno) as line
                from pg_ts_config_map m where m.mapcfg = c.oid
                group by m.maptokentype) mappings)),
       'pg_ts_config'::regclass::oid, c.oid, 0, pg_get_userbyid(c.cfgowner)
from pg_ts_config c
join pg_namespace n on n.oid = c.cfgnamespace
join pg_ts_parser p on p.oid = c.cfgparser
join pg_namespace pn on pn.oid = p.prsnamespace
where c.oid >= 16384 and $scope and $own(pg_ts_config, c.oid)
union all
select 'text search dictionary', quote_ident(n.nspname) || '.' || quote_ident(d.dictname),
       concat_ws(e'\n', 'template ' || quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname), d.dictinitoption),
       'pg_ts_dict'::regclass::oid, d.oid, 0, pg_get_userbyid(d.dictowner)
from pg_ts_dict d
join pg_namespace n on n.oid = d.dictnamespace
join pg_ts_template t on t.oid = d.dicttemplate
join pg_namespace tn on tn.oid = t.tmplnamespace
where d.oid >= 16384 and $scope and $own(pg_ts_dict, d.oid)
union all
select 'text search parser', quote_ident(n.nspname) || '.' || quote_ident(p.prsname),
       concat_ws(' ', 'start', p.prsstart::oid::regprocedure, 'token', p.prstoken::oid::regprocedure,
         'end', p.prsend::oid::regprocedure, 'types', p.prslextype::oid::regprocedure,
         case when p.prsheadline <> 0 then 'headline ' || p.prsheadline::oid::regprocedure end),
       'pg_ts_parser'::regclass::oid, p.oid, 0, null
from pg_ts_parser p
join pg_namespace n on n.oid = p.prsnamespace
where p.oid >= 16384 and $scope and $own(pg_ts_parser, p.oid)
union all
select 'text search template', quote_ident(n.nspname) || '.' || quote_ident(t.tmplname),
       concat_ws(' ', case when t.tmplinit <> 0 then 'init ' || t.tmplinit::oid::regprocedure end,
         'lexize', t.tmpllexize::oid::regprocedure),
       'pg_ts_template'::regclass::oid, t.oid, 0, null
from pg_ts_template t
join pg_namespace n on n.oid = t.tmplnamespace
where t.oid >= 16384 and $scope and $own(pg_ts_template, t.oid)
