-- Rollback: 002 - Change

ALTER SEQUENCE public.order_number INCREMENT BY 1;
