-- Migration: 001 - Base
-- Ticket: PROOF-26
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY, shop_id bigint, placed_on date);
CREATE INDEX orders_shop_id_placed_on_idx ON public.orders (shop_id, placed_on);
