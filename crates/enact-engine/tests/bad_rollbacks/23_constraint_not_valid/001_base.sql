-- Migration: 001 - Base
-- Ticket: PROOF-23
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY);
CREATE TABLE public.lines (id bigint PRIMARY KEY, order_id bigint CONSTRAINT lines_order_id_fkey REFERENCES public.orders (id));
