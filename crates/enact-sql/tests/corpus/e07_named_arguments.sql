CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a - b';
SELECT f(a => 1, b => 2), f(b := 1, a := 2);
