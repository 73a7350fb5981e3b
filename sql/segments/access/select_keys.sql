-- The keys, without their hashes.
SELECT name, role, created_at, revoked_at FROM segments.api_keys ORDER BY id
