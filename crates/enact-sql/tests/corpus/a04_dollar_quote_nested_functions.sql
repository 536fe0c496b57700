CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $outer$
DECLARE t text;
BEGIN
  EXECUTE $inner$ SELECT 'a;b' || $deep$;$deep$ $inner$ INTO t;
  RETURN t;
END
$outer$;
SELECT f();
