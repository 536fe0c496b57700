-- Rollback: 002 - Change

ALTER TABLE public.orders REPLICA IDENTITY DEFAULT;
