#!/bin/sh
# Makes the role and the database of the API, once, on a server that has neither. The role is no
# superuser: it owns this database and nothing else. Behind a pooler its timeouts are its own.
# The postgres image runs this when its volume is empty; elsewhere, as a superuser:
#   POSTGRES_USER=postgres DATABASE_PASSWORD=… sh deploy/postgres.sh
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv password DATABASE_PASSWORD
CREATE ROLE todo LOGIN PASSWORD :'password';
ALTER ROLE todo SET statement_timeout = '15s';
ALTER ROLE todo SET lock_timeout = '5s';
CREATE DATABASE todo OWNER todo;
REVOKE CONNECT, TEMPORARY ON DATABASE todo FROM PUBLIC;
SQL
