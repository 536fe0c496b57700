-- =====================================================
-- Migration: {number} - {title}
-- Ticket: {ticket}
-- Author: {author}
-- Date: {date}
-- =====================================================
-- Purpose:
{purpose}
--
-- Dependencies: none
-- Impact: {impact}
-- Risk: {risk}
-- Downtime: none
-- Compliance: {compliance}
-- =====================================================

{up}
