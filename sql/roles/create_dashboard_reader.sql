-- A role for dashboards: it reads schema cdm, its views and its tables, and nothing else. To be run by whoever runs `migrate`,
-- and again at any time, for another password or after views have come that somebody else has made:
--
--   psql "$DATABASE_URL" -v reader=tagmill_reader -v password="$PASSWORD" -f sql/roles/create_dashboard_reader.sql
--
-- Views read with the rights of their owner, so the role needs none on what lies behind them. That its transactions begin
-- read-only keeps mistakes out; what keeps it from writing is that it has no right to.
\set ON_ERROR_STOP on

BEGIN;

SELECT format('CREATE ROLE %I', :'reader')
WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = :'reader')
\gexec

ALTER ROLE :"reader" LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET default_transaction_read_only = on;
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET search_path = cdm;
-- A chart takes a fraction of a second; what takes longer than this nobody waits for, and it must not pile up.
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET statement_timeout = '15s';
ALTER ROLE :"reader" IN DATABASE :"DBNAME" SET idle_in_transaction_session_timeout = '15s';

GRANT CONNECT ON DATABASE :"DBNAME" TO :"reader";
GRANT USAGE ON SCHEMA cdm TO :"reader";
GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO :"reader";
ALTER DEFAULT PRIVILEGES IN SCHEMA cdm GRANT SELECT ON TABLES TO :"reader";

COMMIT;
