-- Migration: 002 - Change
-- Ticket: PROOF-49
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

GRANT SELECT ON public.orders TO pg_monitor;
