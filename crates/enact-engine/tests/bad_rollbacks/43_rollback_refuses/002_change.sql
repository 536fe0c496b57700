-- Migration: 002 - Change
-- Ticket: PROOF-43
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders ADD COLUMN total numeric DEFAULT 0;
