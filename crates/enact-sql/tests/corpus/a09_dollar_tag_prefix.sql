SELECT $ab$ $a$ ; $abc$ ; $ab$;
