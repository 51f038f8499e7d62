#!/bin/sh
# Creates the role and the database of the API, once. The role is not a superuser: it owns only this
# database. Its settings apply to connections through a pooler.
# The postgres image runs this script if its volume is empty. Elsewhere, run it as a superuser:
#   POSTGRES_USER=postgres DATABASE_PASSWORD=… sh deploy/postgres.sh
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv password DATABASE_PASSWORD
CREATE ROLE todo LOGIN PASSWORD :'password';
ALTER ROLE todo SET statement_timeout = '15s';
ALTER ROLE todo SET lock_timeout = '5s';
ALTER ROLE todo SET seq_page_cost = 0.1;
ALTER ROLE todo SET random_page_cost = 0.1;
CREATE DATABASE todo OWNER todo;
REVOKE CONNECT, TEMPORARY ON DATABASE todo FROM PUBLIC;
SQL
