-- The name and the role of a key that is not revoked. Parameters: its SHA-256.
SELECT name, role FROM segments.api_keys WHERE hash = $1 AND revoked_at IS NULL
