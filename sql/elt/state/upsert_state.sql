-- The state after a cycle that commits. $5: whether rows, hashes or the watermark have changed, which renews the token.
-- $11: whether what is known of the keys has changed: they were compared ($8 to $10, $12), or rows were written without that (NULL).
INSERT INTO elt.jobs AS j (
    target, job, file, watermark, token, create_hash, query_hash, keys_hash, keys_count, keys_sum, keys_compared_at,
    unresolved, status, failures, note, instance, finished_at, succeeded_at
)
VALUES (
    $1, $2, $3, $4::text::jsonb, gen_random_uuid(), $6, $7, $8, $9, $10, CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() END,
    $12, $13, 0, $14, $15, clock_timestamp(), CASE WHEN $13 = 'ok' THEN clock_timestamp() END
)
ON CONFLICT (target) DO UPDATE SET
    job = EXCLUDED.job,
    file = EXCLUDED.file,
    watermark = EXCLUDED.watermark,
    token = CASE WHEN $5 THEN EXCLUDED.token ELSE j.token END,
    create_hash = EXCLUDED.create_hash,
    query_hash = EXCLUDED.query_hash,
    keys_hash = CASE WHEN $11 THEN EXCLUDED.keys_hash ELSE j.keys_hash END,
    keys_count = CASE WHEN $11 THEN EXCLUDED.keys_count ELSE j.keys_count END,
    keys_sum = CASE WHEN $11 THEN EXCLUDED.keys_sum ELSE j.keys_sum END,
    keys_compared_at = COALESCE(EXCLUDED.keys_compared_at, j.keys_compared_at),
    unresolved = CASE WHEN $11 THEN EXCLUDED.unresolved ELSE j.unresolved END,
    status = EXCLUDED.status,
    failures = 0,
    note = EXCLUDED.note,
    instance = EXCLUDED.instance,
    finished_at = EXCLUDED.finished_at,
    succeeded_at = COALESCE(EXCLUDED.succeeded_at, j.succeeded_at)
RETURNING token::text
