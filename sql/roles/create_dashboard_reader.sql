-- Creates a role for dashboards that may read the tables and views of schema cdm and nothing else. Run it as the role
-- that runs `migrate`. Run it again to change the password, or after another role has created views:
--
--   psql "$DATABASE_URL" -v reader=tagmill_reader -v password="$PASSWORD" -f sql/roles/create_dashboard_reader.sql
--
-- If this role may not create roles, have the role created elsewhere, such as in the console of a provider, and run the
-- script without a password: it then changes no attributes of the role and only grants the rights.
--
-- Views read with the rights of their owner, so the role needs no rights on the underlying tables. Its transactions are
-- read-only by default, which prevents mistakes. Missing rights keep it from writing.
\set ON_ERROR_STOP on

BEGIN;

-- A superuser may create and change roles, and so may a role with CREATEROLE; since PostgreSQL 16 the latter may change
-- only roles of which it is an administrator.
SELECT me.rolsuper AS is_superuser,
    it.oid IS NOT NULL AS is_there,
    me.rolsuper OR me.rolcreaterole AND (
        it.oid IS NULL
        OR current_setting('server_version_num')::int < 160000
        OR pg_has_role(it.oid, 'MEMBER WITH ADMIN OPTION')
    ) AS may_change_it
FROM pg_roles AS me
LEFT JOIN pg_roles AS it ON it.rolname = :'reader'
WHERE me.rolname = current_user
\gset

\if :is_there
\else
CREATE ROLE :"reader";
\endif

\if :is_superuser
ALTER ROLE :"reader" NOSUPERUSER NOCREATEDB NOCREATEROLE;
\endif

\if :may_change_it
ALTER ROLE :"reader" LOGIN NOINHERIT PASSWORD :'password';
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET default_transaction_read_only = on;
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET search_path = cdm;
-- A chart takes a fraction of a second. The timeout keeps slow queries from piling up.
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET statement_timeout = '15s';
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET idle_in_transaction_session_timeout = '15s';
\else
\warn The role is not ours to change: its password and its settings stay as they are. dashboards/README.md tells which it wants.
\endif

GRANT CONNECT ON DATABASE :"DBNAME" TO :"reader";
GRANT USAGE ON SCHEMA cdm TO :"reader";
GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO :"reader";
ALTER DEFAULT PRIVILEGES IN SCHEMA cdm GRANT SELECT ON TABLES TO :"reader";

COMMIT;
