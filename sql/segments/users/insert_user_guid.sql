-- Creates a user with a guid, unless there is one. Parameters: the guid.
INSERT INTO segments.users (guid)
SELECT $1::uuid
WHERE NOT EXISTS (SELECT FROM segments.users WHERE guid = $1)
ON CONFLICT (guid) DO NOTHING
RETURNING user_id
