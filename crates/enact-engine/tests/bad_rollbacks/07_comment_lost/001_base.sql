-- Migration: 001 - Base
-- Ticket: PROOF-07
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY, note text);
COMMENT ON COLUMN public.orders.note IS 'Free text of the customer';
