-- Creates a user with a guid, and perhaps an id of a source, unless there is one. Parameters: the guid, the id of the source or null.
INSERT INTO segments.users (guid, source_id)
SELECT $1::uuid, $2::text
WHERE NOT EXISTS (SELECT FROM segments.users WHERE guid = $1 OR source_id = $2)
ON CONFLICT DO NOTHING
RETURNING user_id, guid
