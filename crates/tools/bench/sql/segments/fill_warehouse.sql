-- Users of the order warehouse, without tags.
INSERT INTO cdm.users (user_id, source_id)
SELECT md5('user ' || n)::uuid, 'u' || n FROM generate_series(0, $USERS) AS n;
