-- Locks the users that may join, in order, so that none is removed meanwhile. Returns how many they are.
SELECT pg_catalog.count(*)
FROM (
    SELECT users.user_id
    FROM segments.users
    JOIN (SELECT DISTINCT user_id FROM pg_temp.found_items WHERE adds) AS joining USING (user_id)
    ORDER BY users.user_id
    FOR SHARE OF users
) AS locked
