-- Creates the role of segments-service. It owns no table and has only the rights that the service needs. Run it as a superuser, or as the
-- owner of the database if that role may create roles. Run it again at any time to change the password:
--
--   psql "$ADMIN_URL" -v password="$PASSWORD" -f sql/roles/create_segments_role.sql
--
-- Then run `segments-service migrate` as the owner of the database, now and after every upgrade: it grants the role what the release needs
-- (the list is sql/service/select_missing_rights.sql). `check` names the rights that the role lacks.
--
-- A role with another name works if it is a member: `GRANT tagmill_segments TO another_role`.
\set ON_ERROR_STOP on

BEGIN;

SELECT count(*) = 0 AS is_missing FROM pg_roles WHERE rolname = 'tagmill_segments'
\gset
\if :is_missing
CREATE ROLE tagmill_segments;
\endif
ALTER ROLE tagmill_segments LOGIN PASSWORD :'password';

-- A batch and an import stage their users in a temporary table.
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO tagmill_segments;

COMMIT;
