-- Migration: 002 - Change
-- Ticket: PROOF-23
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.lines DROP CONSTRAINT lines_order_id_fkey;
