select i.indrelid, n.nspname::text, c.relname::text, i.indisprimary, i.indisvalid, i.indpred is not null, i.indexprs is not null,
       array(select coalesce(a.attname::text, '') from generate_series(0, i.indnkeyatts - 1) g
               left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[g] and a.attnum > 0 order by g),
       array(select a.attname::text from pg_depend d join pg_attribute a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
              where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid > 0)
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
 where @OWN@
 order by i.indexrelid
