SELECT $$$$, $a$$a$, $a$$$$a$;
SELECT length($$ $ $1 $a $$);
