-- Migration: 001 - Base
-- Ticket: PROOF-11
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TYPE public.order_status AS ENUM ('new', 'done');
