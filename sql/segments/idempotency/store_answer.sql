-- Stores the answer of a key that this transaction has claimed. Parameters: the caller, the key, the fingerprint, the status, the body.
UPDATE segments.idempotency SET fingerprint = $3, status = $4, body = $5 WHERE caller = $1 AND key = $2
