-- The number of a request about a user's state, or of a local change.
SELECT pg_catalog.nextval('segments.asked')
