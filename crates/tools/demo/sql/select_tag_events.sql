-- Selects every change of a tag: event id, user, action, tag.
SELECT e.event_id::text, e.source_id, e.action, e.tag
FROM cdm.user_tag_events AS e
ORDER BY e.seq
