-- Migration: 002 - Change
-- Ticket: PROOF-20
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE TABLE public.orders_archive (LIKE public.orders INCLUDING ALL);
WITH old AS (DELETE FROM public.orders WHERE placed_on < DATE '2020-01-01' RETURNING *)
INSERT INTO public.orders_archive SELECT * FROM old;
