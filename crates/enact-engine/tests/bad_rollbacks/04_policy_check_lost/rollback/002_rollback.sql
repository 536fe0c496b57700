-- Rollback: 002 - Change

CREATE POLICY own_rows ON public.orders USING (owner_name = CURRENT_USER OR handed_over);
