-- Finds the users of the items.
INSERT INTO pg_temp.found_items (line, user_id, adds, end_at, ttl)
SELECT given.line, COALESCE(by_guid.user_id, by_id.user_id, by_source.user_id), given.adds, given.end_at, given.ttl
FROM pg_temp.given_items AS given
LEFT JOIN segments.users AS by_guid ON by_guid.guid = given.guid
LEFT JOIN segments.users AS by_id ON by_id.user_id = given.user_id
LEFT JOIN segments.users AS by_source ON by_source.source_id = given.source_id
