select r.ev_class, r.rulename::text, r.ev_type::text
  from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
 where r.is_instead and r.ev_type in ('2', '3', '4') and r.ev_enabled <> 'D' and r.ev_qual::text = '<>' and @OWN@
 order by r.oid
