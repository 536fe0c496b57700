-- Migration: 001 - Base
-- Ticket: PROOF-42
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.orders (id bigint PRIMARY KEY);
