-- Migration: 002 - Change
-- Ticket: PROOF-39
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DROP TABLE public.orders;
