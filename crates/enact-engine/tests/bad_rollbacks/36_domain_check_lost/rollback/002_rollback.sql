-- Rollback: 002 - Change

ALTER DOMAIN public.percentage DROP CONSTRAINT percentage_not_negative;
