select current_setting('server_version_num')::int / 10000 as major, n.nspname, c.relname, c.relkind,
       c.relispartition or exists (select from pg_inherits i where i.inhrelid = c.oid)
         or c.relkind <> 'p' and exists (select from pg_inherits i where i.inhparent = c.oid),
       c.relrowsecurity, quote_ident(pg_get_userbyid(c.relowner)),
       (select string_agg(quote_ident(p.pubname), ', ' order by p.pubname)
        from pg_publication p left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = c.oid
        where r.prrelid is not null),
       coalesce(
         (select 'rule ' || quote_ident(r.rulename) || ' replaces changes of its rows'
          from pg_rewrite r where r.ev_class = c.oid and r.is_instead and r.ev_type in ('2', '4')
          order by r.ev_type, r.rulename limit 1),
         (select 'trigger ' || quote_ident(t.tgname) || ' refuses changes of its rows'
          from pg_trigger t join pg_proc p on p.oid = t.tgfoid
          where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 2 = 2 and t.tgtype & 16 = 16
            and p.prosrc !~* '\mreturn\s+(new|old)\M'
            and (t.tgtype & 1 = 1 or p.prosrc ~* '\mraise\s+(exception|''|sqlstate)' and p.prosrc !~* '\mif\M') order by t.tgname limit 1)),
       c.relforcerowsecurity
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = $1
