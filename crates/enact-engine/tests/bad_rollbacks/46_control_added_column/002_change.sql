-- Migration: 002 - Change
-- Ticket: PROOF-46
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders ADD COLUMN total numeric CONSTRAINT orders_total_positive CHECK (total > 0);
CREATE INDEX orders_total_idx ON public.orders (total);
COMMENT ON COLUMN public.orders.total IS 'With tax';
