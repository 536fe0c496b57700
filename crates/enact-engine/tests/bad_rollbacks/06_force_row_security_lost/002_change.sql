-- Migration: 002 - Change
-- Ticket: PROOF-06
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY;
