-- Deletes a rejection of a subscription, or all of them: the next sync compares all users, and sends what still differs. Parameters: the
-- subscription, the rejection or null.
WITH deleted AS (
    DELETE FROM segments.rejections WHERE subscription_id = $1 AND ($2::bigint IS NULL OR id = $2) RETURNING id
),
due AS (
    UPDATE segments.syncs SET reconciled_at = '2000-01-01', retry_at = NULL
    WHERE subscription_id = $1 AND EXISTS (SELECT FROM deleted)
)
SELECT id FROM deleted
