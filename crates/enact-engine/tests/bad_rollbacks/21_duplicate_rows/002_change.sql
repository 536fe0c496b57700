-- Migration: 002 - Change
-- Ticket: PROOF-21
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE TABLE public.tags_saved AS SELECT order_id, tag FROM public.tags;
