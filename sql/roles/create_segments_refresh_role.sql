-- Creates the role with which segments-service runs the SQL of segments and sources (REFRESH_DATABASE_URL): tagmill_segments_refresh. Run
-- it as the owner of schema `segments`, or as a superuser, in the database of the service. Run it again at any time to change the password:
--
--   psql "$ADMIN_URL" -v password="$PASSWORD" -f sql/roles/create_segments_refresh_role.sql
--   psql "$ADMIN_URL" -v password="$PASSWORD" -v schema=cdm -f sql/roles/create_segments_refresh_role.sql
--
-- The role may read users (without their names), segments and memberships, and with -v schema all tables of that schema. Grant it the
-- tables of your queries: GRANT SELECT ON orders TO tagmill_segments_refresh. Do not grant it anything else of schema `segments`: the
-- service does not start with a login that can read its keys, secrets and subscriptions.
\set ON_ERROR_STOP on

BEGIN;

SELECT count(*) = 0 AS is_missing FROM pg_roles WHERE rolname = 'tagmill_segments_refresh'
\gset
\if :is_missing
CREATE ROLE tagmill_segments_refresh;
\endif
ALTER ROLE tagmill_segments_refresh LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';

GRANT CONNECT ON DATABASE :"DBNAME" TO tagmill_segments_refresh;
GRANT USAGE ON SCHEMA segments TO tagmill_segments_refresh;
GRANT SELECT (user_id, guid, source_id, sex, age, status) ON segments.users TO tagmill_segments_refresh;
GRANT SELECT (segment_id, id, name, actual_begin, actual_end) ON segments.segments TO tagmill_segments_refresh;
GRANT SELECT ON segments.memberships TO tagmill_segments_refresh;

\if :{?schema}
GRANT USAGE ON SCHEMA :"schema" TO tagmill_segments_refresh;
GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO tagmill_segments_refresh;
-- Tables that the role running this script creates later.
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO tagmill_segments_refresh;
\endif

COMMIT;
