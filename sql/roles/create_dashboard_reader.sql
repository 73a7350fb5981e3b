-- A role for dashboards: it reads schema cdm, its views and its tables, and nothing else. To be run by whoever runs `migrate`,
-- and again at any time, for another password or after views have come that somebody else has made:
--
--   psql "$DATABASE_URL" -v reader=tagmill_reader -v password="$PASSWORD" -f sql/roles/create_dashboard_reader.sql
--
-- Whoever may not make roles has it made elsewhere, such as in the console of a provider, and runs the same without a password:
-- the role is then left as it is, and given its rights.
--
-- Views read with the rights of their owner, so the role needs none on what lies behind them. That its transactions begin
-- read-only keeps mistakes out; what keeps it from writing is that it has no right to.
\set ON_ERROR_STOP on

BEGIN;

-- A superuser may make and change roles, and so may who has CREATEROLE: since 16, of those that are there, only his own.
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
-- A chart takes a fraction of a second; what takes longer than this nobody waits for, and it must not pile up.
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
