-- Rollback: 002 - Change

CREATE OR REPLACE FUNCTION public.whoami() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT session_user::text';
