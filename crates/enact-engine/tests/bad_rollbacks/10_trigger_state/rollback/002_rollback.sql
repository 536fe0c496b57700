-- Rollback: 002 - Change

ALTER TABLE public.orders ENABLE TRIGGER orders_guard;
