-- Rollback: 002 - Change

DROP TRIGGER orders_refuse ON public.orders;
DROP FUNCTION public.refuse();
