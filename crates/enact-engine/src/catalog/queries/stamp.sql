select pg_catalog.concat_ws('.', count(*),
         -- 2147483647 is the age of a permanent number, which rows of initdb carry: it tells nothing.
         sum(case age when 2147483647 then 0 else (newest - age) & 4294967295 end),
         sum(pg_catalog.hashtext(ctid::text)) filter (where age <= 0),
         (select sum(pg_catalog.hashtext(oid || ' ' || rolname)) from pg_catalog.pg_roles),
         (select sum(pg_catalog.hashtext(umid || ' ' || pg_catalog.array_length(umoptions, 1))) from pg_catalog.pg_user_mappings))
from (
  select pg_catalog.age(xmin)::bigint as age, ctid, (select pg_catalog.age('3'::xid)::bigint) as newest
  from (
    select xmin, ctid from pg_catalog.pg_attribute where attrelid >= 16384 and attnum > 0
    union all select xmin, ctid from pg_catalog.pg_class where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_type where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_index where indexrelid >= 16384
    union all select xmin, ctid from pg_catalog.pg_constraint where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_proc where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_attrdef
    union all select xmin, ctid from pg_catalog.pg_trigger
    union all select xmin, ctid from pg_catalog.pg_rewrite where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_policy
    union all select xmin, ctid from pg_catalog.pg_namespace
    union all select xmin, ctid from pg_catalog.pg_inherits
    union all select xmin, ctid from pg_catalog.pg_sequence
    union all select xmin, ctid from pg_catalog.pg_enum
    union all select xmin, ctid from pg_catalog.pg_range
    union all select xmin, ctid from pg_catalog.pg_aggregate where aggfnoid::oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_operator where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_opclass where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_opfamily where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_amop where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_amproc where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_cast where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_collation where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_conversion where oid >= 16384
    union all select xmin, ctid from pg_catalog.pg_language
    union all select xmin, ctid from pg_catalog.pg_am
    union all select xmin, ctid from pg_catalog.pg_transform
    union all select xmin, ctid from pg_catalog.pg_ts_config
    union all select xmin, ctid from pg_catalog.pg_ts_config_map where mapcfg >= 16384
    union all select xmin, ctid from pg_catalog.pg_ts_dict
    union all select xmin, ctid from pg_catalog.pg_ts_parser
    union all select xmin, ctid from pg_catalog.pg_ts_template
    union all select xmin, ctid from pg_catalog.pg_extension
    union all select xmin, ctid from pg_catalog.pg_event_trigger
    union all select xmin, ctid from pg_catalog.pg_statistic_ext
    union all select xmin, ctid from pg_catalog.pg_foreign_data_wrapper
    union all select xmin, ctid from pg_catalog.pg_foreign_server
    union all select xmin, ctid from pg_catalog.pg_foreign_table
    union all select xmin, ctid from pg_catalog.pg_publication
    union all select xmin, ctid from pg_catalog.pg_publication_rel
    union all select xmin, ctid from pg_catalog.pg_default_acl
    union all select xmin, ctid from pg_catalog.pg_db_role_setting
    union all select xmin, ctid from pg_catalog.pg_seclabel
    union all select xmin, ctid from pg_catalog.pg_tablespace
    union all select xmin, ctid from pg_catalog.pg_description where objoid >= 16384
    union all select xmin, ctid from pg_catalog.pg_description where objoid < 16384
        and objoid in (select oid from pg_catalog.pg_namespace union all select oid from pg_catalog.pg_extension)
    -- What belongs to an extension is written nowhere else.
    union all select xmin, ctid from pg_catalog.pg_depend where refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and deptype = 'e'
    -- Schemas of publications, by number: servers before 15 have no catalog of that name.
    union all select xmin, ctid from pg_catalog.pg_depend where classid = 6237
  ) versions
) rows
