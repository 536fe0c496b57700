-- Rollback: 002 - Change

ALTER TABLE public.stays ADD COLUMN ends date;
