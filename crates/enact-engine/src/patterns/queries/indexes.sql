select i.relname, x.indisunique, x.indisvalid, x.indpred is not null, m.amname,
       substr(pg_get_indexdef(i.oid), strpos(pg_get_indexdef(i.oid), ' USING ') + 7),
       (select string_agg(coalesce(a.attname, ''), e'\x1f' order by k.place)
        from unnest(x.indkey::int2[]) with ordinality k (num, place)
        left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.num and k.num > 0
        where k.place <= x.indnkeyatts),
       (select string_agg(distinct a.attname, e'\x1f') from pg_attribute a
        where a.attrelid = x.indrelid and a.attnum > 0 and (a.attnum = any (x.indkey::int2[]) or exists (
          select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.oid
            and d.refclassid = 'pg_class'::regclass and d.refobjid = x.indrelid and d.refobjsubid = a.attnum))),
       (select k.conname from pg_constraint k where k.conindid = i.oid and k.conrelid = x.indrelid
          and k.contype in ('p', 'u', 'x')),
       obj_description(i.oid, 'pg_class'),
       (with recursive tree (oid) as (
          select h.inhrelid from pg_inherits h where h.inhparent = i.oid
          union all
          select h.inhrelid from pg_inherits h join tree on h.inhparent = tree.oid)
        select string_agg(y.indrelid::regclass::text || e'\x1e' || p.relname, e'\x1f' order by p.oid)
        from tree join pg_index y on y.indexrelid = tree.oid join pg_class p on p.oid = tree.oid)
from pg_index x
join pg_class i on i.oid = x.indexrelid
join pg_am m on m.oid = i.relam
where x.indrelid = $1
order by i.relname
