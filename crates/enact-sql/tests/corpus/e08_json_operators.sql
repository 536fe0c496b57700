SELECT '{"a;b": [1,2]}'::jsonb -> 'a;b' ->> 0, '{"a":1}'::jsonb @> '{"a":1}', '{}'::jsonb ? 'x', '{}'::jsonb ?| ARRAY['y'];
