select pg_catalog.concat_ws('.',
         count(*),
         -- The sum of the transaction numbers: the ages are all counted from one number, and '3' is the first there is.
         count(*) * (select pg_catalog.age('3'::pg_catalog.xid)::bigint) - sum(age),
         -- Rows of this very transaction may change again without another number.
         case when min(age) <= 0 then pg_catalog.clock_timestamp()::text end,
         (select sum(pg_catalog.hashtext(oid || ' ' || rolname)) from pg_catalog.pg_roles),
         (select sum(pg_catalog.hashtext(umid || ' ' || pg_catalog.array_length(umoptions, 1))) from pg_catalog.pg_user_mappings))
from (
  select pg_catalog.age(xmin) as age from pg_catalog.pg_attribute where attrelid >= 16384 and attnum > 0
  union all select pg_catalog.age(xmin) from pg_catalog.pg_class where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_type where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_index where indexrelid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_constraint where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_proc where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_trigger
  union all select pg_catalog.age(xmin) from pg_catalog.pg_rewrite where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_policy
  union all select pg_catalog.age(xmin) from pg_catalog.pg_inherits
  union all select pg_catalog.age(xmin) from pg_catalog.pg_sequence
  union all select pg_catalog.age(xmin) from pg_catalog.pg_enum
  union all select pg_catalog.age(xmin) from pg_catalog.pg_operator where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_opclass where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_opfamily where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_cast where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_collation where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_conversion where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_language where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_am where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_transform
  union all select pg_catalog.age(xmin) from pg_catalog.pg_ts_config where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_ts_dict where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_ts_parser where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_ts_template where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_event_trigger
  union all select pg_catalog.age(xmin) from pg_catalog.pg_statistic_ext
  union all select pg_catalog.age(xmin) from pg_catalog.pg_foreign_data_wrapper
  union all select pg_catalog.age(xmin) from pg_catalog.pg_foreign_server
  union all select pg_catalog.age(xmin) from pg_catalog.pg_foreign_table
  union all select pg_catalog.age(xmin) from pg_catalog.pg_publication
  union all select pg_catalog.age(xmin) from pg_catalog.pg_publication_rel
  union all select pg_catalog.age(xmin) from pg_catalog.pg_default_acl
  union all select pg_catalog.age(xmin) from pg_catalog.pg_db_role_setting
  union all select pg_catalog.age(xmin) from pg_catalog.pg_seclabel
  union all select pg_catalog.age(xmin) from pg_catalog.pg_tablespace where oid >= 16384
  union all select pg_catalog.age(xmin) from pg_catalog.pg_description where objoid >= 16384
  -- Operators and functions of families (2602, 2603), mappings of text search configurations (3602) and schemas of
  -- publications (6237) never change without their dependencies. By number: not every server has the last.
  union all select pg_catalog.age(xmin) from pg_catalog.pg_depend where classid in (2602, 2603, 3602, 6237) and objid >= 16384
  -- What initdb made has an infinite age until it changes.
  union all select pg_catalog.age(xmin) from pg_catalog.pg_namespace
    where pg_catalog.age(xmin) <> 2147483647 and nspname !~ '^pg_(toast_)?temp_'
  union all select pg_catalog.age(xmin) from pg_catalog.pg_extension where pg_catalog.age(xmin) <> 2147483647
  union all select pg_catalog.age(xmin) from pg_catalog.pg_depend
    where refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and deptype = 'e' and pg_catalog.age(xmin) <> 2147483647
  union all select pg_catalog.age(xmin) from pg_catalog.pg_description
    where objoid in (select oid from pg_catalog.pg_namespace union all select oid from pg_catalog.pg_extension)
      and objoid < 16384 and pg_catalog.age(xmin) <> 2147483647
) versions
