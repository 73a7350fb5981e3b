-- A user. Parameters: the id.
SELECT user_id, guid, status FROM segments.users WHERE user_id = $1
