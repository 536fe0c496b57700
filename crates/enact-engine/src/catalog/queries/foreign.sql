select 'foreign data wrapper', quote_ident(w.fdwname),
       concat_ws(e'\n', 'foreign data wrapper',
         case when w.fdwhandler <> 0 then 'handler ' || w.fdwhandler::regprocedure end,
         case when w.fdwvalidator <> 0 then 'validator ' || w.fdwvalidator::regprocedure end,
         'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(w.fdwoptions) o)),
       'pg_foreign_data_wrapper'::regclass::oid, w.oid, 0, pg_get_userbyid(w.fdwowner)
from pg_foreign_data_wrapper w
where $own(pg_foreign_data_wrapper, w.oid)
union all
select 'server', quote_ident(s.srvname),
       concat_ws(e'\n', 'foreign data wrapper ' || quote_ident(w.fdwname),
         'type ' || quote_literal(s.srvtype), 'version ' || quote_literal(s.srvversion),
         'options ' || (select string_agg(o, ', ' order by o collate "C") from unnest(s.srvoptions) o)),
       'pg_foreign_server'::regclass::oid, s.oid, 0, pg_get_userbyid(s.srvowner)
from pg_foreign_server s
join pg_foreign_data_wrapper w on w.oid = s.srvfdw
where $own(pg_foreign_server, s.oid)
union all
select 'user mapping', 'for ' || case when u.umuser = 0 then 'public' else quote_ident(u.usename) end
         || ' server ' || quote_ident(u.srvname),
       concat_ws(e'\n', 'user mapping',
         'options named ' || (select string_agg(split_part(o, '=', 1), ', ' order by o collate "C") from unnest(u.umoptions) o)),
       'pg_user_mapping'::regclass::oid, u.umid, 0, null
from pg_user_mappings u
