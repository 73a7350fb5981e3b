-- A user by guid. Parameters: the guid.
SELECT user_id, guid, status FROM segments.users WHERE guid = $1
