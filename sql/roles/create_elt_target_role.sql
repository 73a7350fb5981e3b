-- Creates the role of elt-service in the analytical database: it owns the schema `elt` and the target tables. Run it as a superuser, or
-- as the owner of the database if that role may create roles. Run it again at any time to change the password:
--
--   psql "$TARGET_ADMIN_URL" -v password="$PASSWORD" -f sql/roles/create_elt_target_role.sql
--   psql "$TARGET_ADMIN_URL" -v password="$PASSWORD" -v schema=marts -f sql/roles/create_elt_target_role.sql
--
-- Job files act with the rights of this role. `schema` is the one in which their tables are created.
\set ON_ERROR_STOP on
\if :{?schema}
\else
\set schema public
\endif

BEGIN;

SELECT count(*) = 0 AS is_missing FROM pg_roles WHERE rolname = 'tagmill_elt_target'
\gset
\if :is_missing
CREATE ROLE tagmill_elt_target;
\endif
ALTER ROLE tagmill_elt_target LOGIN PASSWORD :'password';

GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO tagmill_elt_target;
CREATE SCHEMA IF NOT EXISTS elt;
ALTER SCHEMA elt OWNER TO tagmill_elt_target;
CREATE SCHEMA IF NOT EXISTS :"schema";
GRANT USAGE, CREATE ON SCHEMA :"schema" TO tagmill_elt_target;

COMMIT;
