-- Migration: 001 - Base
-- Ticket: PROOF-04
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY, owner_name text NOT NULL, handed_over boolean);
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON public.orders USING (owner_name = CURRENT_USER OR handed_over) WITH CHECK (owner_name = CURRENT_USER);
