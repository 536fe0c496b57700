-- Rollback: 002 - Change

DROP FUNCTION public.price(integer, integer);
CREATE FUNCTION public.price(item integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT item * 100';
REVOKE ALL ON FUNCTION public.price(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.price(integer) TO pg_monitor;
COMMENT ON FUNCTION public.price(integer) IS 'In cents';
