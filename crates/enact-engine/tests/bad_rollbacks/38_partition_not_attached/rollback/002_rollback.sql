-- Rollback: 002 - Change

DROP TABLE public.events_2026;
