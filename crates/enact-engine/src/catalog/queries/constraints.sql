select 'constraint', quote_ident(n.nspname) || '.' || quote_ident(coalesce(c.relname, t.typname)) || '.' || quote_ident(k.conname),
       concat_ws(e'\n',
         pg_get_constraintdef(k.oid),
         case when not k.convalidated then 'not validated' end,
         case when k.coninhcount > 0 then
           case when k.conislocal then 'inherited and local' else 'inherited' end
           || case when k.coninhcount > 1 then ' from ' || k.coninhcount else '' end end,
         'internal triggers ' || r.states),
       'pg_constraint'::regclass::oid, k.oid, 0, null
from pg_constraint k
left join pg_class c on c.oid = k.conrelid
left join pg_type t on t.oid = k.contypid
join pg_namespace n on n.oid = k.connamespace
left join (select tgconstraint,
                  string_agg(case tgenabled when 'D' then 'disabled' when 'R' then 'replica' else 'always' end, ', '
                             order by tgrelid::regclass::text collate "C", tgtype, tgenabled) as states
           from pg_trigger where tgisinternal and tgconstraint <> 0 and tgenabled <> 'O'
           group by tgconstraint) r on r.tgconstraint = k.oid
where k.oid >= 16384 and k.contype <> 't' and (k.conrelid <> 0 or k.contypid <> 0)
  and $scope and $own(pg_class, k.conrelid) and $own(pg_type, k.contypid)
