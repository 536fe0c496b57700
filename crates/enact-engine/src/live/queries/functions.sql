select n.nspname::text, p.proname::text, p.provolatile::text, l.lanname::text, (p.pronargs - p.pronargdefaults)::int4,
       case when p.provariadic = 0 then p.pronargs::int4 end
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
 where p.prokind = 'f'
   and (@OWN@
        or n.nspname = 'pg_catalog'
           and (p.provolatile = 'v'
                or exists (select from pg_proc o join pg_namespace n on n.oid = o.pronamespace where o.proname = p.proname and @OWN@)))
 order by p.oid
