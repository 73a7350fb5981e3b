-- Revokes a key. Parameters: the name.
UPDATE segments.api_keys SET revoked_at = segments.utc_now() WHERE name = $1 AND revoked_at IS NULL
