CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2;';
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS '
begin
  return 1; -- it''s; fine
end';
SELECT f(), g();
