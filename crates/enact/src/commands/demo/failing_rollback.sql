-- Rollback: 006 - Add visit reminders

DROP TABLE diary.visit_reminders;
