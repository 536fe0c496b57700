with recursive used (view, relation, num) as (
  select distinct r.ev_class, d.refobjid, d.refobjsubid
  from pg_depend d join pg_rewrite r on r.oid = d.objid
  where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and r.ev_class <> d.refobjid
), tree (view, num, level) as (
  select view, num, 1 from used where relation = $1
  union
  select used.view, 0, tree.level + 1 from used join tree on used.relation = tree.view where tree.level < 32
)
select c.oid::regclass::text, c.relkind = 'm',
       (select string_agg(o, ', ' order by n) from unnest(c.reloptions) with ordinality x (o, n)), pg_get_viewdef(c.oid),
       quote_ident(pg_get_userbyid(c.relowner)), obj_description(c.oid, 'pg_class'),
       string_agg(distinct coalesce(a.attname, '*'), e'\x1f'),
       exists (select from pg_trigger t where t.tgrelid = c.oid)
         or exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN')
         or exists (select from pg_attribute b where b.attrelid = c.oid and b.attnum > 0
                    and (b.attacl is not null or col_description(c.oid, b.attnum) is not null or b.atthasdef))
         or exists (select from pg_index x where x.indrelid = c.oid),
       c.oid
from tree
join pg_class c on c.oid = tree.view
left join pg_attribute a on a.attrelid = $1 and a.attnum = tree.num and tree.num > 0
group by c.oid, c.relkind, c.reloptions, c.relowner
order by max(tree.level), c.oid::regclass::text collate "C"
