-- Migration: 002 - Change
-- Ticket: PROOF-07
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

COMMENT ON COLUMN public.orders.note IS 'Free text; never shown to couriers';
