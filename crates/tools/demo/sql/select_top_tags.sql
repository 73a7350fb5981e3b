-- Selects the ten tags with the most users.
SELECT t.tag, count(DISTINCT t.user_id) AS users
FROM cdm.user_tags AS t
GROUP BY t.tag
ORDER BY users DESC, t.tag
LIMIT 10
