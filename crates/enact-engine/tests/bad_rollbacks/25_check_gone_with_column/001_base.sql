-- Migration: 001 - Base
-- Ticket: PROOF-25
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.stays (id bigint PRIMARY KEY, starts date, ends date, CONSTRAINT stays_order CHECK (ends >= starts));
