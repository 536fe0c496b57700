-- Rollback: 002 - Change

REVOKE SELECT ON public.orders FROM pg_monitor;
