-- Rollback: 002 - Change

CREATE OR REPLACE FUNCTION public.price(item integer) RETURNS integer LANGUAGE sql AS 'SELECT item * 100';
