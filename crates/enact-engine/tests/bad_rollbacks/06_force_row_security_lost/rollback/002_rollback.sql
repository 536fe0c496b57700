-- Rollback: 002 - Change

ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
