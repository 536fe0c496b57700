-- Rollback: 002 - Change

INSERT INTO public.tags SELECT order_id, tag FROM public.tags_saved;
DROP TABLE public.tags_saved;
