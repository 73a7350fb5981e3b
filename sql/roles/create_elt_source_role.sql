-- Creates the role of elt-service in the database that is read: it may read the tables of one schema, and nothing else. Run it as the
-- owner of the tables, or as a superuser, in that database. Run it again at any time to change the password:
--
--   psql "$SOURCE_ADMIN_URL" -v password="$PASSWORD" -f sql/roles/create_elt_source_role.sql
--   psql "$SOURCE_ADMIN_URL" -v password="$PASSWORD" -v schema=sales -f sql/roles/create_elt_source_role.sql
--
-- Job files act with the rights of this role. Grant it single tables instead, if analysts must not read all of a schema:
-- GRANT SELECT ON users TO tagmill_elt_source.
\set ON_ERROR_STOP on
\if :{?schema}
\else
\set schema public
\endif

BEGIN;

SELECT count(*) = 0 AS is_missing FROM pg_roles WHERE rolname = 'tagmill_elt_source'
\gset
\if :is_missing
CREATE ROLE tagmill_elt_source;
\endif
ALTER ROLE tagmill_elt_source LOGIN PASSWORD :'password';
-- A second line of defence: every transaction is read-only unless it says otherwise.
ALTER ROLE tagmill_elt_source SET default_transaction_read_only = on;

GRANT CONNECT ON DATABASE :"DBNAME" TO tagmill_elt_source;
GRANT USAGE ON SCHEMA :"schema" TO tagmill_elt_source;
GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO tagmill_elt_source;
-- Tables that the role running this script creates later.
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO tagmill_elt_source;

COMMIT;
