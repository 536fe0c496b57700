CREATE TABLE "semi;colon" ("a;b" int, "it""s; x" text, "$$" int, "--" int);
INSERT INTO "semi;colon" VALUES (1, ';', 2, 3);
SELECT "a;b", "it""s; x" FROM "semi;colon";
