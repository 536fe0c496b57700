select t.tgname, pg_get_triggerdef(t.oid), t.tgenabled, t.tgtype & 3 = 3,
       (select string_agg(distinct a.attname, e'\x1f') from pg_depend d
        join pg_attribute a on a.attrelid = t.tgrelid and a.attnum = d.refobjsubid
        where d.classid = 'pg_trigger'::regclass and d.objid = t.oid and d.refclassid = 'pg_class'::regclass
          and d.refobjid = t.tgrelid and d.refobjsubid > 0),
       quote_ident(n.nspname) || '.' || quote_ident(p.proname), p.prosrc, obj_description(t.oid, 'pg_trigger')
from pg_trigger t
join pg_proc p on p.oid = t.tgfoid
join pg_namespace n on n.oid = p.pronamespace
where t.tgrelid = $1 and not t.tgisinternal
order by t.tgname collate "C"
