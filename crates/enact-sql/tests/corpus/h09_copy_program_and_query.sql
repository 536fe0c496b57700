CREATE TABLE "from" (stdin int);
COPY "from" FROM PROGRAM 'echo 1';
COPY (SELECT stdin FROM "from") TO PROGRAM 'cat > /dev/null';
