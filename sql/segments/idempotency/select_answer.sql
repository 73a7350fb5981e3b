-- The stored answer of a key, and the fingerprint of its request. Parameters: the caller, the key.
SELECT fingerprint, status, body FROM segments.idempotency WHERE caller = $1 AND key = $2
