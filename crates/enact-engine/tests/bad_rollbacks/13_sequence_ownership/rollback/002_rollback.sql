-- Rollback: 002 - Change

ALTER TABLE public.orders ALTER COLUMN id TYPE integer;
