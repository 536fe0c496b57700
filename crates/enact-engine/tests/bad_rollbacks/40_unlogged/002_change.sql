-- Migration: 002 - Change
-- Ticket: PROOF-40
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders SET UNLOGGED;
ALTER TABLE public.orders ADD COLUMN total numeric;
