-- Grants the role of segments-service the least that TAG_SEGMENTS=on needs in the schema of the order warehouse: it reads three tables and
-- writes none. Run it as the owner of schema `cdm`, or as a superuser, in the database that both share:
--
--   psql "$ADMIN_URL" -v role=tagmill_segments -f sql/roles/grant_segments_tags.sql
\set ON_ERROR_STOP on

BEGIN;

GRANT USAGE ON SCHEMA cdm TO :"role";
GRANT SELECT ON cdm.users, cdm.user_tags, cdm.user_tag_events TO :"role";

COMMIT;
