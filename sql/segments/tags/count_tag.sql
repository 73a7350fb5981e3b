-- The number of users with a tag in the order warehouse. Parameters: the tag.
SELECT pg_catalog.count(DISTINCT user_id) FROM cdm.user_tags WHERE tag = $1
