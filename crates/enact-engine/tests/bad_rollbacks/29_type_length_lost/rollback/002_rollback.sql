-- Rollback: 002 - Change

ALTER TABLE public.orders ALTER COLUMN code TYPE varchar;
