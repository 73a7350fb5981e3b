-- The largest number of a user.
SELECT COALESCE(pg_catalog.max(user_id), 0) FROM segments.users
