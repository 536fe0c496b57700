-- Migration: 002 - Add site phone
-- Ticket: LYRA-14
-- Author: Ada Example
-- Date: 2026-01-22
-- Purpose: Sites can be called
-- Dependencies: core >= 001, lyra 001

ALTER TABLE diary.sites ADD COLUMN phone text;
