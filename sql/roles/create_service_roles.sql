-- Creates the roles of the services: tagmill_stg, tagmill_dds and tagmill_cdm. They are separate from the owner of the
-- tables, and each has only the rights that its service needs. Run it as a superuser, or as the owner of the database
-- if that role may create roles. Run it again at any time to change the passwords:
--
--   psql "$ADMIN_URL" -v stg_password="$STG" -v dds_password="$DDS" -v cdm_password="$CDM" -f sql/roles/create_service_roles.sql
--
-- Then run `stg-service migrate` as the owner, now and after every upgrade: it grants the three roles what the release needs
-- (the list is sql/service/select_missing_rights.sql). `check` of a service names the rights that its role lacks.
--
-- On a new server whose only role is a superuser, -v owner=tagmill_owner -v owner_password="$OWNER" also creates the owner and makes it
-- the owner of the current database.
--
-- A role with another name works if it is a member: `GRANT tagmill_stg TO another_role`. If roles can only be created in the console of
-- a provider, create the three there and run `migrate`.
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
