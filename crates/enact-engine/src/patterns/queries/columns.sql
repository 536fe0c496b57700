select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
       a.attgenerated <> '', a.attidentity <> '',
       case when a.attcollation <> t.typcollation then (
         select quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
         from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace where co.oid = a.attcollation) end,
       case when a.attstorage <> t.typstorage then
         case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end end,
       case to_jsonb(a) ->> 'attcompression' when 'p' then 'pglz' when 'l' then 'lz4' end,
       nullif(a.attstattarget, -1),
       (select string_agg(o, ', ' order by o) from unnest(a.attoptions) o where o not like 'pg\_attver=%'),
       col_description(a.attrelid, a.attnum),
       (select s.oid::regclass::text from pg_depend p join pg_class s on s.oid = p.objid and s.relkind = 'S'
        where p.classid = 'pg_class'::regclass and p.refclassid = 'pg_class'::regclass and p.refobjid = a.attrelid
          and p.refobjsubid = a.attnum and p.deptype = 'a' limit 1),
       exists (select from pg_partitioned_table p where p.partrelid = a.attrelid and a.attnum = any (p.partattrs))
         or exists (select from pg_depend p where p.classid = 'pg_class'::regclass and p.objid = a.attrelid and p.objsubid = 0
                    and p.refclassid = 'pg_class'::regclass and p.refobjid = a.attrelid and p.refobjsubid = a.attnum),
       (select k.conname from pg_constraint k
        where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum])
from pg_attribute a
join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
order by a.attnum
