-- Selects a page of the tags that users have, with the number of users, largest first.
-- $1 number of users of the last tag of the previous page bigint, $2 its text, $3 page size bigint
SELECT t.tag, t.users
FROM (
    SELECT u.tag, count(DISTINCT u.user_id) AS users
    FROM cdm.user_tags AS u
    GROUP BY u.tag
) AS t
WHERE t.users < $1 OR (t.users = $1 AND t.tag > $2::text)
ORDER BY t.users DESC, t.tag
LIMIT $3
