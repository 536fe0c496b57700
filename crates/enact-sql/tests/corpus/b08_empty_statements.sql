;;
SELECT 1;; ;
;
