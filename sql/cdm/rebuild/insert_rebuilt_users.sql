-- Inserts users of the rebuilt mart that are missing. Must run after delete_users_not_rebuilt, so that neither key is
-- taken.
INSERT INTO cdm.users (user_id, source_id)
SELECT r.user_id, r.source_id
FROM cdm_rebuild.users AS r
WHERE NOT EXISTS (SELECT FROM cdm.users AS u WHERE u.user_id = r.user_id)
