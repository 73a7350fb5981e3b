-- Creates the role that runs the queries of segments: it reads the marts, and users and memberships without names.
CREATE ROLE segments_refresh LOGIN;
GRANT USAGE ON SCHEMA segments, cdm TO segments_refresh;
GRANT SELECT (user_id, guid, source_id, sex, age, status) ON segments.users TO segments_refresh;
GRANT SELECT (segment_id, id, name, actual_begin, actual_end) ON segments.segments TO segments_refresh;
GRANT SELECT ON segments.memberships TO segments_refresh;
GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO segments_refresh;
