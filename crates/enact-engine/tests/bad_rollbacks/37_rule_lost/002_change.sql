-- Migration: 002 - Change
-- Ticket: PROOF-37
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DROP RULE orders_no_delete ON public.orders;
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER orders_refuse BEFORE DELETE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION public.refuse();
