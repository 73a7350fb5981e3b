-- Every tag somebody has, and how many have it.
SELECT t.tag, count(DISTINCT t.user_id) AS users
FROM cdm.user_tags AS t
GROUP BY t.tag
ORDER BY users DESC, t.tag
