-- The hub key of a user in the order warehouse, and the user here. Parameters: the id in the source.
SELECT hub.user_id, segments.tagged_user(hub.source_id, hub.user_id)
FROM cdm.users AS hub
WHERE hub.source_id = $1
