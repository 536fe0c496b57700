select k.conname, k.contype, pg_get_constraintdef(k.oid), k.convalidated,
       (select string_agg(a.attname, e'\x1f' order by x.place) from unnest(k.conkey) with ordinality x (num, place)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.num),
       obj_description(k.oid, 'pg_constraint'),
       (select i.relname from pg_class i where i.oid = k.conindid and k.contype in ('p', 'u', 'x'))
from pg_constraint k
where k.conrelid = $1 and k.contype in ('c', 'f', 'u', 'p', 'x')
order by k.conname
