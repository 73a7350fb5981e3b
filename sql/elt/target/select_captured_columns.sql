-- In how many updated rows of a dry run a column differs. place: of the column, from 1.
SELECT u.place, sum(u.rows)::bigint AS rows
FROM pg_temp.elt_captured AS c
CROSS JOIN LATERAL unnest(c.changed) WITH ORDINALITY AS u (rows, place)
GROUP BY u.place
HAVING sum(u.rows) > 0
ORDER BY u.place
