select 'setting', concat_ws(' ', case when s.setrole = 0 then 'every role' else 'role ' || quote_ident(pg_get_userbyid(s.setrole)) end,
                            'in this database'),
       (select string_agg(c, e'\n' order by c collate "C") from unnest(s.setconfig) c),
       0::oid, 0::oid, 0, null
from pg_db_role_setting s
-- A role's settings in every database are the cluster's, as roles are: one change of them is no drift of every database.
where s.setdatabase = (select oid from pg_database where datname = current_database())
  and not $platform(s.setrole)
