-- Migration: 002 - Change
-- Ticket: PROOF-13
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER SEQUENCE public.orders_id_seq OWNED BY NONE;
ALTER TABLE public.orders ALTER COLUMN id TYPE bigint;
