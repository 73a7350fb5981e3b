-- The active users with a tag in the order warehouse. A user there is the one here with that source id, else the one whose guid is the
-- source id, else the one whose guid is the hub key. Parameters: the tag.
INSERT INTO pg_temp.desired (user_id)
SELECT users.user_id
FROM segments.users
WHERE users.status = 'active'
    AND users.user_id IN (
        SELECT segments.tagged_user(hub.source_id, hub.user_id)
        FROM cdm.users AS hub
        WHERE hub.user_id IN (SELECT tagged.user_id FROM cdm.user_tags AS tagged WHERE tagged.tag = $1)
    )
