select 'aggregate', quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')',
       concat_ws(e'\n',
         'aggregate (' || pg_get_function_arguments(p.oid) || ') returns ' || pg_get_function_result(p.oid),
         case g.aggkind when 'o' then 'ordered set, direct arguments ' || g.aggnumdirectargs
                        when 'h' then 'hypothetical set, direct arguments ' || g.aggnumdirectargs end,
         'sfunc ' || g.aggtransfn::oid::regprocedure || ' stype ' || format_type(g.aggtranstype, null),
         'sspace ' || nullif(g.aggtransspace, 0),
         'initial ' || quote_literal(g.agginitval),
         case when g.aggfinalfn <> 0 then 'final ' || g.aggfinalfn::oid::regprocedure end,
         case when g.aggfinalextra then 'final extra' end,
         'final modify ' || g.aggfinalmodify::text,
         case when g.aggcombinefn <> 0 then 'combine ' || g.aggcombinefn::oid::regprocedure end,
         case when g.aggserialfn <> 0 then 'serial ' || g.aggserialfn::oid::regprocedure end,
         case when g.aggdeserialfn <> 0 then 'deserial ' || g.aggdeserialfn::oid::regprocedure end,
         case when g.aggmtransfn <> 0 then
           'moving sfunc ' || g.aggmtransfn::oid::regprocedure || ' inverse ' || g.aggminvtransfn::oid::regprocedure
           || ' stype ' || format_type(g.aggmtranstype, null) || ' modify ' || g.aggmfinalmodify::text end,
         'moving sspace ' || nullif(g.aggmtransspace, 0),
         'moving initial ' || quote_literal(g.aggminitval),
         case when g.aggmfinalfn <> 0 then 'moving final ' || g.aggmfinalfn::oid::regprocedure end,
         case when g.aggmfinalextra then 'moving final extra' end,
         case when g.aggsortop <> 0 then 'sort operator ' || g.aggsortop::regoperator end,
         'parallel ' || p.proparallel::text),
       'pg_proc'::regclass::oid, p.oid, 0, pg_get_userbyid(p.proowner)
from pg_aggregate g
join pg_proc p on p.oid = g.aggfnoid
join pg_namespace n on n.oid = p.pronamespace
where p.oid >= 16384 and $scope and $own(pg_proc, p.oid)
