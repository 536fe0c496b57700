-- Migration: 002 - Change
-- Ticket: PROOF-08
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders OWNER TO pg_monitor;
CREATE INDEX orders_id_desc_idx ON public.orders (id DESC);
