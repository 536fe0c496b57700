SELECT E'it\'s; here', e'\\', E'\'', E'a''b;';
SELECT E'\x41\u00e4\n;';
