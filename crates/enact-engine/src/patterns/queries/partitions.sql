with recursive tree (oid, parent, level) as (
  select i.inhrelid, i.inhparent, 1 from pg_inherits i where i.inhparent = $1
  union all
  select i.inhrelid, i.inhparent, tree.level + 1 from pg_inherits i join tree on i.inhparent = tree.oid
)
select c.relname, c.oid::regclass::text, quote_ident(n.nspname), c.relkind = 'p', c.relkind = 'f', tree.level,
       tree.parent::regclass::text
from tree
join pg_class c on c.oid = tree.oid
join pg_namespace n on n.oid = c.relnamespace
order by tree.level, c.oid::regclass::text collate "C"
