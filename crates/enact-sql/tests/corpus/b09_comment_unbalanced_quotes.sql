-- don't stop
SELECT 1; /* it's "open */ SELECT 2;
