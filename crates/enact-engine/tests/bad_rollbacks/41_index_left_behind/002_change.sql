-- Migration: 002 - Change
-- Ticket: PROOF-41
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.orders ADD COLUMN city text;
CREATE INDEX orders_shop_id_idx ON public.orders (shop_id);
