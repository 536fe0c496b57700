-- Rollback: 002 - Change

DROP INDEX public.orders_id_desc_idx;
