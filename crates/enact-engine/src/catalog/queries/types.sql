select case when t.typtype = 'd' then 'domain' else 'type' end,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname),
       concat_ws(e'\n',
         case when not t.typisdefined then 'shell' end,
         case when t.typtype = 'e' then
           'enum (' || coalesce((select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                                 from pg_enum e where e.enumtypid = t.oid), '') || ')' end,
         case when t.typtype = 'd' then
           concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
             case when t.typcollation <> b.typcollation then 'collate ' || t.typcollation::regcollation end,
             case when t.typnotnull then 'not null' end,
             'default ' || pg_get_expr(t.typdefaultbin, 0)) end,
         case when t.typtype = 'r' then
           concat_ws(' ', 'range of', format_type(r.rngsubtype, null),
             case when r.rngcollation <> 0 then 'collate ' || r.rngcollation::regcollation end,
             'operator class ' || (select quote_ident(cn.nspname) || '.' || quote_ident(o.opcname)
                                   from pg_opclass o join pg_namespace cn on cn.oid = o.opcnamespace where o.oid = r.rngsubopc),
             case when r.rngcanonical <> 0 then 'canonical ' || r.rngcanonical::oid::regprocedure end,
             case when r.rngsubdiff <> 0 then 'difference ' || r.rngsubdiff::oid::regprocedure end,
             case when r.rngmultitypid <> 0 then 'multirange ' || format_type(r.rngmultitypid, null) end) end,
         case when t.typtype = 'b' and t.typisdefined then
           concat_ws(' ', 'base input', t.typinput::oid::regprocedure, 'output', t.typoutput::oid::regprocedure,
             case when t.typreceive <> 0 then 'receive ' || t.typreceive::oid::regprocedure end,
             case when t.typsend <> 0 then 'send ' || t.typsend::oid::regprocedure end,
             case when t.typmodin <> 0 then 'typmod in ' || t.typmodin::oid::regprocedure end,
             case when t.typmodout <> 0 then 'typmod out ' || t.typmodout::oid::regprocedure end,
             case when t.typanalyze <> 0 then 'analyze ' || t.typanalyze::oid::regprocedure end,
             case when t.typsubscript <> 0 then 'subscript ' || t.typsubscript::oid::regprocedure end,
             'length', t.typlen, case when t.typbyval then 'by value' end, 'alignment', t.typalign::text,
             'storage', t.typstorage::text, 'category', quote_literal(t.typcategory::text),
             case when t.typispreferred then 'preferred' end, 'delimiter', quote_literal(t.typdelim::text),
             case when t.typelem <> 0 then 'element ' || format_type(t.typelem, null) end,
             'default ' || quote_literal(t.typdefault),
             case when t.typcollation <> 0 then 'collatable' end) end),
       'pg_type'::regclass::oid, t.oid, 0, pg_get_userbyid(t.typowner)
from (select 0::oid as typsubscript, 0::oid as rngmultitypid) missing,
     lateral (select oid, typname, typnamespace, typowner, typtype, typisdefined, typbasetype, typtypmod, typcollation, typnotnull,
                     typdefaultbin, typdefault, typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze,
                     typlen, typbyval, typalign, typstorage, typcategory, typispreferred, typdelim, typelem, typsubscript
              from pg_type
              where oid >= 16384 and typtype in ('e', 'd', 'r', 'b', 'p') and typrelid = 0) t
join pg_namespace n on n.oid = t.typnamespace
left join pg_type b on b.oid = t.typbasetype
left join lateral (select rngsubtype, rngcollation, rngsubopc, rngcanonical, rngsubdiff, rngmultitypid
                   from pg_range where rngtypid = t.oid) r on true
where not exists (select from pg_type element where element.oid = t.typelem and element.typarray = t.oid) and $scope and $own(pg_type, t.oid)
