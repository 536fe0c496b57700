SELECT 'one; '
  'two; '
  'three;';
SELECT E'a\''
  'b;c';
SELECT 'x' -- comment; here
  'y;';
