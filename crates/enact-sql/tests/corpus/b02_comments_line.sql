-- first; second
SELECT 1 -- it's; "quoted" $$ /*
  + 2; -- tail; here
-- end; no newline