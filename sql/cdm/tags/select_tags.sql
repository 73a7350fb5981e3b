-- Selects every tag that a user has, with the number of users.
SELECT t.tag, count(DISTINCT t.user_id) AS users
FROM cdm.user_tags AS t
GROUP BY t.tag
ORDER BY users DESC, t.tag
