-- Migration: 001 - Base
-- Ticket: PROOF-10
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY);
CREATE FUNCTION public.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER orders_guard BEFORE DELETE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.guard();
ALTER TABLE public.orders ENABLE ALWAYS TRIGGER orders_guard;
