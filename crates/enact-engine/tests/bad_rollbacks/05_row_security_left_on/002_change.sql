-- Migration: 002 - Change
-- Ticket: PROOF-05
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON public.orders USING (owner_name = CURRENT_USER);
