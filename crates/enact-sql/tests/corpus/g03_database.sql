CREATE DATABASE "enact corpus;g03";
ALTER DATABASE "enact corpus;g03" SET work_mem = '8MB';
DROP DATABASE "enact corpus;g03";
