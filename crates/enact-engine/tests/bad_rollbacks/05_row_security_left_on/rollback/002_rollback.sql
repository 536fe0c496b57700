-- Rollback: 002 - Change

DROP POLICY own_rows ON public.orders;
