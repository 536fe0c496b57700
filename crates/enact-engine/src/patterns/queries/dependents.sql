-- Before PostgreSQL 15 a generated column depends on others itself, from then on its expression does.
select a.attname,
       case when d.classid = 'pg_class'::regclass and d.objid = d.refobjid then 'pg_attrdef' else d.classid::regclass::text end,
       pg_describe_object(d.classid, d.objid, d.objsubid)
from pg_depend d
join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
left join pg_attrdef x on d.classid = 'pg_attrdef'::regclass and x.oid = d.objid
left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
where d.refclassid = 'pg_class'::regclass and d.refobjid = $1 and d.refobjsubid > 0
  and (x.oid is null or x.adnum <> a.attnum)
  and (k.oid is null or k.conrelid <> d.refobjid)
  and (d.classid <> 'pg_class'::regclass or d.objid <> d.refobjid or exists (
    select from pg_attribute g where g.attrelid = d.objid and g.attnum = d.objsubid and g.attnum <> a.attnum and g.attgenerated <> ''))
order by 1, 2, 3
