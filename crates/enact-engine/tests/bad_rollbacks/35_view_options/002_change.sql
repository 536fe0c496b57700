-- Migration: 002 - Change
-- Ticket: PROOF-35
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE OR REPLACE VIEW public.open_orders WITH (security_barrier) AS SELECT id FROM public.orders WHERE coalesce(is_open, true);
