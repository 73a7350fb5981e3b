-- The last change of a tag of a user. Parameters: the user here, the tag, the time.
SELECT events.rule_id, events.action, events.subject, events.subject_name, events.order_cnt, events.threshold, events.at
FROM segments.users
JOIN cdm.users AS hub ON hub.source_id = users.source_id OR hub.user_id = users.guid OR hub.source_id = users.guid::text
JOIN cdm.user_tag_events AS events ON events.user_id = hub.user_id
WHERE users.user_id = $1 AND events.tag = $2 AND events.at <= $3
ORDER BY events.at DESC, events.change_no DESC
LIMIT 1
