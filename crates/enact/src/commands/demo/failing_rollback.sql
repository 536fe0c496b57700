-- Rollback: 003 - Add visit reminders

DROP TABLE orion.visit_reminders;
