-- The roles that the services run as, apart from the owner of the tables: tagmill_stg, tagmill_dds and tagmill_cdm. Each may do
-- what its service needs and nothing else. To be run by a superuser, or by the owner of the database if he may create roles, and
-- again at any time, for other passwords:
--
--   psql "$ADMIN_URL" -v stg_password="$STG" -v dds_password="$DDS" -v cdm_password="$CDM" -f sql/roles/create_service_roles.sql
--
-- Then `stg-service migrate` as the owner: it grants the three what this release needs, now and after every upgrade
-- (sql/service/select_missing_rights.sql is the list). `check` of a service tells whether its role may do all of it.
--
-- With -v owner=tagmill -v owner_password="$OWNER" it makes the owner as well and gives him the database it is run in: for a new
-- server whose only role is a superuser.
--
-- A role of another name works, too: make it a member, `GRANT tagmill_stg TO another_role`. Where roles can only be made in the
-- console of a provider, make the three there and run `migrate`.
\set ON_ERROR_STOP on

BEGIN;

\if :{?owner_password}
SELECT count(*) = 0 AS owner_is_missing FROM pg_roles WHERE rolname = :'owner'
\gset
\if :owner_is_missing
CREATE ROLE :"owner";
\endif
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER DATABASE :"DBNAME" OWNER TO :"owner";
\endif

SELECT
    count(*) FILTER (WHERE rolname = 'tagmill_stg') = 0 AS stg_is_missing,
    count(*) FILTER (WHERE rolname = 'tagmill_dds') = 0 AS dds_is_missing,
    count(*) FILTER (WHERE rolname = 'tagmill_cdm') = 0 AS cdm_is_missing
FROM pg_roles
\gset
\if :stg_is_missing
CREATE ROLE tagmill_stg;
\endif
\if :dds_is_missing
CREATE ROLE tagmill_dds;
\endif
\if :cdm_is_missing
CREATE ROLE tagmill_cdm;
\endif

ALTER ROLE tagmill_stg LOGIN PASSWORD :'stg_password';
ALTER ROLE tagmill_dds LOGIN PASSWORD :'dds_password';
ALTER ROLE tagmill_cdm LOGIN PASSWORD :'cdm_password';

GRANT CONNECT ON DATABASE :"DBNAME" TO tagmill_stg, tagmill_dds, tagmill_cdm;
GRANT USAGE ON SCHEMA public TO tagmill_stg, tagmill_dds, tagmill_cdm;

COMMIT;
