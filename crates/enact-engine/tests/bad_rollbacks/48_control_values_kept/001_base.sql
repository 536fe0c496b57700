-- Migration: 001 - Base
-- Ticket: PROOF-48
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.customers (id bigint PRIMARY KEY, email text NOT NULL);
