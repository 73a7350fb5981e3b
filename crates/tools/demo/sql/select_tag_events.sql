-- Every change of a tag: its id, the user, and what happened.
SELECT e.event_id::text, e.source_id, e.action, e.tag
FROM cdm.user_tag_events AS e
ORDER BY e.seq
