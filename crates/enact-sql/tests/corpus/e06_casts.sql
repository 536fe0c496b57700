SELECT 1::text, '1'::int::text, (1)::numeric(4,1), 'x'::"char", ARRAY[1]::int[];
