-- The tag segments in which a user is or should be: whether the user has the tag and is active, the open managed membership, the tag, and
-- the rule with the number of orders at its last change. Parameters: the user, the hub key.
SELECT
    segments.segment_id,
    tagged.rule_id IS NOT NULL AND users.status = 'active',
    opened.id,
    opened.start_at,
    segments.name,
    COALESCE(tagged.rule_id, changed.rule_id),
    changed.order_cnt
FROM segments.segments
JOIN segments.users ON users.user_id = $1
LEFT JOIN LATERAL (
    SELECT pg_catalog.min(user_tags.rule_id) AS rule_id
    FROM cdm.user_tags
    WHERE user_tags.user_id = $2 AND user_tags.tag = segments.refresh_params #>> '{tag,tag}'
) AS tagged ON true
LEFT JOIN segments.memberships AS opened
    ON opened.user_id = $1 AND opened.segment_id = segments.segment_id AND opened.closed_by IS NULL AND opened.by_refresh
LEFT JOIN LATERAL (
    SELECT events.rule_id, events.order_cnt
    FROM cdm.user_tag_events AS events
    WHERE events.user_id = $2 AND events.tag = segments.refresh_params #>> '{tag,tag}'
    ORDER BY events.at DESC, events.change_no DESC
    LIMIT 1
) AS changed ON true
WHERE segments.refresh_auto AND segments.actual_end = 'infinity' AND segments.refresh_params -> 'tag' IS NOT NULL
    AND (tagged.rule_id IS NOT NULL OR opened.id IS NOT NULL)
ORDER BY segments.segment_id
