-- Rollback: 002 - Change

ALTER TABLE public.orders RESET (fillfactor);
