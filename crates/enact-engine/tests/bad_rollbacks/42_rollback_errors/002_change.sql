-- Migration: 002 - Change
-- Ticket: PROOF-42
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders ADD COLUMN total numeric;
CREATE VIEW public.order_totals AS SELECT id, total FROM public.orders;
