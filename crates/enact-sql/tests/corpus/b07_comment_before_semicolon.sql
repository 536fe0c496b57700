SELECT 1 -- comment before the end
;
SELECT 2 /* another; one */ ;
