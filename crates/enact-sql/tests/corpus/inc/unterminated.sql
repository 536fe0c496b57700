SELECT 'no end'
