SELECT 1;
SELECT 'a;
b';
-- x;
SELECT $$
;$$;
