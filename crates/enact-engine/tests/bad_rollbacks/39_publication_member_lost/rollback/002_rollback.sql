-- Rollback: 002 - Change

CREATE TABLE public.orders (id bigint PRIMARY KEY);
