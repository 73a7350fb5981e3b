-- Changes that the target of a subscription has rejected, by number, a page of them. Parameters: the subscription, after this one, the
-- limit.
SELECT rejections.id, rejections.change_id, rejections.op, users.guid, rejections.response, rejections.rejected_at
FROM segments.rejections
JOIN segments.users ON users.user_id = rejections.user_id
WHERE rejections.subscription_id = $1 AND rejections.id > $2
ORDER BY rejections.id
LIMIT $3
