BEGIN;
CREATE TABLE t (a int);
COMMIT;
DO $$ BEGIN RAISE NOTICE 'done; really'; END $$;
