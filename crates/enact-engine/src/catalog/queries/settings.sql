select 'setting', concat_ws(' ', case when s.setrole = 0 then 'every role' else 'role ' || quote_ident(pg_get_userbyid(s.setrole)) end,
                            case when s.setdatabase = 0 then 'in every database' else 'in this database' end),
       (select string_agg(c, e'\n' order by c collate "C") from unnest(s.setconfig) c),
       0::oid, 0::oid, 0, null
from pg_db_role_setting s
where (s.setdatabase = (select oid from pg_database where datname = current_database())
       or (s.setdatabase = 0 and s.setrole <> 0))
  and not $platform(s.setrole)
