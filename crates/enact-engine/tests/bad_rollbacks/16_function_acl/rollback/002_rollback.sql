-- Rollback: 002 - Change

DROP FUNCTION public.price(integer);
CREATE FUNCTION public.price(item integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT item * 100';
