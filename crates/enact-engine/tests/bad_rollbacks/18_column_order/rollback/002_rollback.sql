-- Rollback: 002 - Change

ALTER TABLE public.orders ADD COLUMN note text;
