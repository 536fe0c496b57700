-- Rollback: 002 - Change

ALTER TABLE public.orders DROP COLUMN city;
