SELECT $x$
line; one
-- not a comment; really
/* nor this
$x$ AS body;
